using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;

namespace TransformerXL.Models;

/// <summary>
/// The sinusoid encoding of relative positions: R_p = [sin(p f), cos(p f)] with f_i = 10000^(-2 i / d) (Dai et al. 2019,
/// section 3.3; Vaswani et al. 2017). The table is cached as long as the clamp stays the same. Thread-safe.
/// </summary>
internal sealed class Sinusoids(int size)
{
    private readonly float[] _frequencies = Frequencies(size);
    private volatile Table? _table;

    /// <summary>R for the distances <paramref name="count"/> - 1 down to 0, limited to <paramref name="clamp"/> if that is above 0: (count, d).</summary>
    public Tensor Descending(int count, int clamp)
    {
        Table? table = _table;
        if (table is null || table.Rows.Shape[0] < count || table.Clamp != clamp)
        {
            _table = table = new Table(Build(count, clamp), clamp);
        }

        return table.Rows.Slice(table.Rows.Shape[0] - count, count);
    }

    /// <summary>f_i = 10000^(-2 i / d).</summary>
    internal static float[] Frequencies(int size)
    {
        float[] frequencies = new float[size / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = 1 / (float)PortableMath.Pow(10000, 2f * i / size);
        }

        return frequencies;
    }

    private Tensor Build(int count, int clamp)
    {
        Tensor table = Tensor.Allocate(new Shape(count, size));
        Span<float> values = table.Span;
        int half = _frequencies.Length;
        for (int row = 0; row < count; row++)
        {
            int distance = count - 1 - row;
            float position = clamp > 0 ? Math.Min(distance, clamp) : distance;
            for (int i = 0; i < half; i++)
            {
                float angle = position * _frequencies[i];
                values[(row * size) + i] = (float)PortableMath.Sin(angle);
                values[(row * size) + half + i] = (float)PortableMath.Cos(angle);
            }
        }

        return table;
    }

    private sealed record Table(Tensor Rows, int Clamp);
}
