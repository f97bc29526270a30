using System.Numerics;

namespace TransformerXL.Compression.Mixing;

/// <summary>
/// ln(p / (1 - p)) and its inverse. The tables are computed by additions, multiplications and divisions alone, which are exactly rounded
/// everywhere; the functions of a system's mathematical library differ in their last bits.
/// </summary>
internal static class Logistic
{
    /// <summary>Largest magnitude of a logit.</summary>
    public const float Limit = 12;

    private const int SquashSteps = 4096;
    private const float SquashScale = SquashSteps / (2 * Limit);

    private static readonly float[] s_stretch = CreateStretch();
    private static readonly float[] s_squash = CreateSquash();
    private static readonly float[] s_log = CreateLog();

    /// <summary>The logit of a probability in units of 1/4096, from 0 to 4095.</summary>
    public static float Stretch(int probability) => s_stretch[probability];

    /// <summary>ln(a / b) of two positive numbers, from tables of 12 bits of each mantissa.</summary>
    public static float Ratio(long a, long b) => LogOf(a) - LogOf(b);

    /// <summary>1 / (1 + exp(-x)), from a table with linear interpolation.</summary>
    public static float Squash(float logit)
    {
        if (logit >= Limit - 0.001f)
        {
            return s_squash[SquashSteps];
        }

        if (!(logit > -Limit))
        {
            return s_squash[0];
        }

        float place = (logit + Limit) * SquashScale;
        int index = (int)place;
        float low = s_squash[index];
        return low + ((s_squash[index + 1] - low) * (place - index));
    }

    private static float LogOf(long value)
    {
        const float Ln2 = 0.69314718f;
        int exponent = BitOperations.Log2((ulong)value);
        int mantissa = (int)(exponent >= 12 ? value >> (exponent - 12) : value << (12 - exponent)) & 4095;
        return (exponent * Ln2) + s_log[mantissa];
    }

    /// <summary>exp(x) by its series, x reduced by powers of two.</summary>
    internal static double Exp(double x)
    {
        double reduced = x / 1024, term = 1, sum = 1;
        for (int i = 1; i < 12; i++)
        {
            term *= reduced / i;
            sum += term;
        }

        for (int i = 0; i < 10; i++)
        {
            sum *= sum;
        }

        return sum;
    }

    /// <summary>ln(x) of a positive number by the series of atanh.</summary>
    internal static double Log(double x)
    {
        const double Ln2 = 0.693147180559945309417232121458;
        int exponent = 0;
        for (; x > 1.5; x /= 2)
        {
            exponent++;
        }

        for (; x < 0.75; x *= 2)
        {
            exponent--;
        }

        double ratio = (x - 1) / (x + 1), square = ratio * ratio, power = ratio, sum = 0;
        for (int i = 1; i < 40; i += 2)
        {
            sum += power / i;
            power *= square;
        }

        return (2 * sum) + (exponent * Ln2);
    }

    private static float[] CreateLog()
    {
        float[] table = new float[4096];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (float)Log(1 + ((i + 0.5) / table.Length));
        }

        return table;
    }

    private static float[] CreateStretch()
    {
        float[] table = new float[4096];
        for (int i = 0; i < table.Length; i++)
        {
            double p = (i + 0.5) / table.Length;
            table[i] = (float)Log(p / (1 - p));
        }

        return table;
    }

    private static float[] CreateSquash()
    {
        float[] table = new float[SquashSteps + 2];
        for (int i = 0; i < table.Length; i++)
        {
            double x = ((double)i / SquashSteps * 2 * Limit) - Limit;
            table[i] = (float)(1 / (1 + Exp(-x)));
        }

        return table;
    }
}
