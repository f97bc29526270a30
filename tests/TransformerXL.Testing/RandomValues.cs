namespace TransformerXL.Testing;

/// <summary>Values for tests that are the same in every run, named by a text.</summary>
public sealed class RandomValues(string name)
{
    private readonly Random _random = new(Hash(name));

    /// <summary>Normal values with mean 0 and the given deviation.</summary>
    public float[] Normal(long count, double deviation = 1)
    {
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        return values;
    }

    /// <summary>Whole numbers from 0 to below the limit.</summary>
    public int[] Indices(int count, int limit)
    {
        int[] values = new int[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = _random.Next(limit);
        }

        return values;
    }

    /// <summary>Plus or minus one for each place.</summary>
    public double[] Signs(int count)
    {
        double[] signs = new double[count];
        for (int i = 0; i < count; i++)
        {
            signs[i] = _random.Next(2) == 0 ? -1 : 1;
        }

        return signs;
    }

    /// <summary>A whole number from 0 to below the limit.</summary>
    public int Index(int limit) => _random.Next(limit);

    // FNV-1a: string.GetHashCode differs from run to run.
    private static int Hash(string text)
    {
        uint hash = 2166136261;
        foreach (char letter in text)
        {
            hash = (hash ^ letter) * 16777619;
        }

        return (int)hash;
    }
}
