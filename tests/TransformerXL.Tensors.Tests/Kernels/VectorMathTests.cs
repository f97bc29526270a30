using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Simd;
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

    private static float[] Exp(Isa isa, float[] x)
    {
        ExpAction action = new(x);
        SimdDispatch.Run(isa, action);
        return action.Result;
    }

    private sealed unsafe class ExpAction(float[] x) : ISimdAction
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
                    TSimd.Store(p + i, VectorMath<TSimd, TVector>.Exp(TSimd.Load(p + i)));
                }
            }

            lanes.AsSpan(0, x.Length).CopyTo(Result);
        }
    }
}
