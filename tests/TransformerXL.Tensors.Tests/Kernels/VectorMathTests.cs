using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

public sealed class VectorMathTests(Backends backends) : KernelTheory(backends)
{
    private const double PromisedError = 2e-7;

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_exponential_is_as_exact_as_promised_over_its_range(Isa isa)
    {
        const int count = 400_000;
        float[] x = [.. Enumerable.Range(0, count + 1).Select(i => (float)(-87 + (175.0 * i / count)))];
        float[] y = Exp(isa, x);
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double exact = Math.Exp(x[i]);
            worst = Math.Max(worst, Math.Abs(y[i] - exact) / exact);
        }

        Assert.True(worst < PromisedError, $"relative error {worst:e2}");
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_exponential_of_tiny_values_is_one(Isa isa)
    {
        float[] tiny = [0f, -0f, float.Epsilon, -float.Epsilon, 1e-30f, -1e-30f, 1e-10f, -1e-10f];
        Assert.All(Exp(isa, tiny), value => Assert.Equal(1f, value));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_exponential_stays_finite_and_falls_to_nothing_beyond_its_range(Isa isa)
    {
        float[] y = Exp(isa, [float.NegativeInfinity, -1e30f, -100, -87.5f, 88.5f, 100, 1e30f, float.PositiveInfinity]);
        Assert.All(y[..4], value => Assert.InRange(value, 0, 2e-38f));
        Assert.All(y[4..], value => Assert.InRange(value, 1.6e38f, float.MaxValue));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_exponential_of_NaN_is_NaN(Isa isa) => Assert.All(Exp(isa, [float.NaN, -float.NaN]), value => Assert.True(float.IsNaN(value)));

    [Theory]
    [MemberData(nameof(Isas))]
    public void Every_lane_is_computed_alike(Isa isa)
    {
        float[] x = new float[64];
        Array.Fill(x, -3.7f);
        Assert.Single(Exp(isa, x).Distinct());
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_sigmoid_is_as_exact_as_promised_over_its_range(Isa isa)
    {
        float[] x = [.. Enumerable.Range(0, 200_001).Select(i => (float)(-87 + (174.0 * i / 200_000)))];
        double worst = WorstError(x, Apply(isa, Function.Sigmoid, x), value => 1 / (1 + Math.Exp(-value)));
        Assert.True(worst < 4e-7, $"relative error {worst:e2}");
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_hyperbolic_tangent_is_as_exact_as_promised_near_zero_and_far_away(Isa isa)
    {
        float[] x =
        [
            .. Enumerable.Range(0, 200_001).Select(i => (float)(-10 + (20.0 * i / 200_000))),
            .. Enumerable.Range(-30, 31).SelectMany(power => new[] { MathF.Pow(10, power), -MathF.Pow(10, power) }),
        ];
        double worst = WorstError(x, Apply(isa, Function.Tanh, x), Math.Tanh);
        Assert.True(worst < 5e-7, $"relative error {worst:e2}");
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Gates_saturate_and_keep_NaN(Isa isa)
    {
        float[] x = [float.NegativeInfinity, -1e30f, 0, 1e30f, float.PositiveInfinity, float.NaN];
        float[] sigmoid = Apply(isa, Function.Sigmoid, x), tanh = Apply(isa, Function.Tanh, x);
        Assert.All(sigmoid[..2], value => Assert.InRange(value, 0, 2e-38f));
        Assert.Equal([0.5f, 1, 1, float.NaN], sigmoid[2..]);
        Assert.Equal([-1, -1, 0, 1, 1, float.NaN], tanh);
    }

    private enum Function
    {
        Exp,
        Sigmoid,
        Tanh,
    }

    private static double WorstError(float[] x, float[] y, Func<double, double> exact)
    {
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double expected = exact(x[i]), error = Math.Abs(y[i] - expected);
            worst = Math.Max(worst, error == 0 ? 0 : error / Math.Abs(expected));
        }

        return worst;
    }

    private static float[] Exp(Isa isa, float[] x) => Apply(isa, Function.Exp, x);

    private static float[] Apply(Isa isa, Function function, float[] x)
    {
        FunctionAction action = new(function, x);
        SimdDispatch.Run(isa, action);
        return action.Result;
    }

    private sealed unsafe class FunctionAction(Function function, float[] x) : ISimdAction
    {
        public float[] Result { get; } = new float[x.Length];

        public void Run<TSimd, TVector>()
            where TSimd : struct, ISimd<TVector>
            where TVector : unmanaged
        {
            int padded = (x.Length + TSimd.Count - 1) / TSimd.Count * TSimd.Count;
            float[] lanes = new float[padded];
            x.CopyTo(lanes, 0);
            fixed (float* p = lanes)
            {
                for (int i = 0; i < padded; i += TSimd.Count)
                {
                    TVector value = TSimd.Load(p + i);
                    TSimd.Store(p + i, function switch
                    {
                        Function.Sigmoid => VectorMath<TSimd, TVector>.Sigmoid(value),
                        Function.Tanh => VectorMath<TSimd, TVector>.Tanh(value),
                        _ => VectorMath<TSimd, TVector>.Exp(value),
                    });
                }
            }

            lanes.AsSpan(0, x.Length).CopyTo(Result);
        }
    }
}
