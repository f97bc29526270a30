using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>GELU and its derivative against x Φ(x) in double precision.</summary>
public sealed class GeluTests(Backends backends) : KernelTheory(backends)
{
    [Theory]
    [MemberData(nameof(Isas))]
    public void The_relative_error_is_as_promised_as_far_as_the_tail_is_followed(Isa isa)
    {
        float[] x = Range(-12.5, 30, 200_000), y = Apply(isa, x);
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double exact = GeluOracle.Forward(x[i]);
            worst = Math.Max(worst, exact == 0 ? Math.Abs(y[i]) : Math.Abs((y[i] - exact) / exact));
        }

        Assert.True(worst < 1e-6, $"relative error {worst:e2}");
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_derivative_is_exact_to_rounding_and_follows_the_tail(Isa isa)
    {
        float[] x = Range(-12.5, 30, 200_000), slope = Derivative(isa, x);
        double worst = 0, worstTail = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double exact = GeluOracle.Derivative(x[i]), error = Math.Abs(slope[i] - exact);
            worst = Math.Max(worst, error);
            worstTail = x[i] < -1 ? Math.Max(worstTail, error / Math.Abs(exact)) : worstTail;
        }

        Assert.True(worst < 3e-7, $"error {worst:e2}");
        Assert.True(worstTail < 2e-6, $"relative error below -1: {worstTail:e2}");
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Small_values_are_halved(Isa isa)
    {
        float[] x = [0, -0f, 1e-30f, -1e-30f, 1e-10f, -1e-10f];
        Assert.Equal([0, 0, 5e-31f, -5e-31f, 5e-11f, -5e-11f], Apply(isa, x));
        Assert.All(Derivative(isa, x), value => Assert.Equal(0.5f, value, 1e-7f));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Far_out_the_value_is_that_of_ReLU(Isa isa)
    {
        float[] x = [float.NegativeInfinity, float.MinValue, -1e10f, -20, 20, 1e10f, float.MaxValue, float.PositiveInfinity];
        float[] y = Apply(isa, x), slope = Derivative(isa, x);
        Assert.All(y[..4], value => Assert.InRange(value, -1e-34f, 0));
        Assert.Equal(x[4..], y[4..]);
        Assert.All(slope[..4], value => Assert.InRange(value, -1e-32f, 0));
        Assert.All(slope[4..], value => Assert.Equal(1, value));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void NaN_stays_NaN(Isa isa)
    {
        Assert.All(Apply(isa, [float.NaN, -float.NaN]), value => Assert.True(float.IsNaN(value)));
        Assert.All(Derivative(isa, [float.NaN, -float.NaN]), value => Assert.True(float.IsNaN(value)));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Every_length_is_computed_alike_and_nothing_is_written_outside(Isa isa)
    {
        for (int count = 1; count <= LongestRow; count++)
        {
            float[] x = new float[count];
            Array.Fill(x, -1.7f);
            Assert.Single(Apply(isa, x).Distinct());
            Assert.Single(Derivative(isa, x).Distinct());
        }
    }

    private static float[] Range(double from, double to, int steps) =>
        [.. Enumerable.Range(0, steps + 1).Select(i => (float)(from + ((to - from) * i / steps)))];

    private static float[] Apply(Isa isa, float[] x)
    {
        using GuardedBuffer values = Buffer(x);
        SimdDispatch.Run(isa, new ApplyAction(values));
        Assert.True(values.IsIntact, $"{x.Length}: wrote outside");
        return values.Span.ToArray();
    }

    private unsafe float[] Derivative(Isa isa, float[] x)
    {
        float[] ones = new float[x.Length];
        Array.Fill(ones, 1);
        using GuardedBuffer values = Buffer(x), slope = Buffer(ones);
        Kernels(isa).GeluBackward(slope.First, values.First, default, x.Length);
        Assert.True(slope.IsIntact, $"{x.Length}: wrote outside");
        return slope.Span.ToArray();
    }

    private sealed unsafe class ApplyAction(GuardedBuffer values) : ISimdAction
    {
        public void Run<TSimd, TVector>()
            where TSimd : struct, ISimd<TVector>
            where TVector : unmanaged => GeluKernel<TSimd, TVector>.Apply(values.First, values.First, values.Count);
    }
}
