namespace TransformerXL.Tensors;

/// <summary>
/// Exponential, logarithm, power, sine and cosine in double precision with the same bits on every processor and system. Those of
/// <see cref="Math"/> call the system's library, whose last bit depends on its version and on the processor. Errors are below one unit in
/// the last place, except where a method says otherwise. Reductions and coefficients are those of FDLIBM (Sun Microsystems 1993); only
/// operations that IEEE 754 rounds exactly are used.
/// </summary>
public static class PortableMath
{
    private const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10, Log2E = 1.44269504088896338700;

    /// <summary>The natural exponential: 0 below -745.2, infinite above 709.8.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (x > 709.782712893384 || x < -745.1332191019412)
        {
            return x > 0 ? double.PositiveInfinity : 0;
        }

        double n = Math.Round(x * Log2E), high = x - (n * Ln2High), low = n * Ln2Low, r = high - low, s = r * r;
        double c = r - (s * (1.66666666666666019037e-01 + (s * (-2.77777777770155933842e-03 + (s * (6.61375632143793436117e-05
            + (s * (-1.65339022054652515390e-06 + (s * 4.13813679705723846039e-08)))))))));
        return Math.ScaleB(1 - (low - (r * c / (2 - c)) - high), (int)n);
    }

    /// <summary>The natural logarithm: NaN below 0, negative infinity at 0.</summary>
    public static double Log(double x)
    {
        if (!(x > 0) || double.IsPositiveInfinity(x))
        {
            return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        }

        int exponent = Math.ILogB(x);
        double fraction = Math.ScaleB(x, -exponent);
        if (fraction > 1.4142135623730951)
        {
            fraction /= 2;
            exponent++;
        }

        double f = fraction - 1, s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
        double even = w * (3.999999999940941908e-01 + (w * (2.222219843214978396e-01 + (w * 1.531383769920937332e-01))));
        double odd = z * (6.666666666666735130e-01 + (w * (2.857142874366239149e-01 + (w * (1.818357216161805012e-01 + (w * 1.479819860511658591e-01))))));
        return (exponent * Ln2High) - (half - ((s * (half + even + odd)) + (exponent * Ln2Low)) - f);
    }

    /// <summary>The natural logarithm in single precision, correctly rounded except for rare ties of the double result.</summary>
    public static float Log(float x) => (float)Log((double)x);

    /// <summary>The natural exponential in single precision, correctly rounded except for rare ties of the double result.</summary>
    public static float Exp(float x) => (float)Exp((double)x);

    /// <summary>
    /// x to the power y for x of 0 or more, as exp(y log x): the relative error grows with |y log x| and is below 2e-13 wherever the result
    /// is a normal number.
    /// </summary>
    public static double Pow(double x, double y) => y == 0 ? 1 : x == 0 ? (y > 0 ? 0 : double.PositiveInfinity) : Exp(y * Log(x));

    /// <summary>The sine of an angle in radians; NaN beyond 2^30, where the reduction would lose digits.</summary>
    public static double Sin(double x)
    {
        double r = Reduce(x, out int quadrant);
        double value = (quadrant & 1) == 0 ? SinOf(r) : CosOf(r);
        return (quadrant & 2) == 0 ? value : -value;
    }

    /// <summary>The cosine of an angle in radians; NaN beyond 2^30, where the reduction would lose digits.</summary>
    public static double Cos(double x)
    {
        double r = Reduce(x, out int quadrant);
        double value = (quadrant & 1) == 0 ? CosOf(r) : SinOf(r);
        return ((quadrant + 1) & 2) == 0 ? value : -value;
    }

    /// <summary>x = n pi / 2 + r with |r| at most pi / 4; the quadrant is n.</summary>
    private static double Reduce(double x, out int quadrant)
    {
        if (!(Math.Abs(x) <= 1 << 30))
        {
            quadrant = 0;
            return double.NaN;
        }

        double n = Math.Round(x * 0.63661977236758134308);
        quadrant = (int)n;
        double r = Math.FusedMultiplyAdd(-n, 1.57079632679489655800, x);
        return Math.FusedMultiplyAdd(-n, -1.49738490485916983e-33, Math.FusedMultiplyAdd(-n, 6.12323399573676603587e-17, r));
    }

    private static double SinOf(double r)
    {
        double z = r * r;
        return r + (r * z * (-1.66666666666666324348e-01 + (z * (8.33333333332248946124e-03 + (z * (-1.98412698298579493134e-04
            + (z * (2.75573137070700676789e-06 + (z * (-2.50507602534068634195e-08 + (z * 1.58969099521155010221e-10)))))))))));
    }

    private static double CosOf(double r)
    {
        double z = r * r;
        double rest = z * z * (4.16666666666666019037e-02 + (z * (-1.38888888888741095749e-03 + (z * (2.48015872894767294178e-05
            + (z * (-2.75573143513906633035e-07 + (z * (2.08757232129817482790e-09 + (z * -1.13596475577881948265e-11))))))))));
        double half = 0.5 * z, w = 1 - half;
        return w + (1 - w - half + rest);
    }
}
