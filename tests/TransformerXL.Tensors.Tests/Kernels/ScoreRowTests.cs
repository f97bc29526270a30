using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>The passes over one row of scores, at every length.</summary>
public sealed class ScoreRowTests(Backends backends) : KernelTheory(backends)
{
    [Theory]
    [MemberData(nameof(Isas))]
    public void Exponentials_and_their_sum_are_right(Isa isa) => ForEveryLength(isa, new ExponentiateAction());

    [Theory]
    [MemberData(nameof(Isas))]
    public void Positions_are_added_and_the_largest_score_is_found(Isa isa) => ForEveryLength(isa, new AddPositionsAction());

    [Theory]
    [MemberData(nameof(Isas))]
    public void Score_gradients_are_right(Isa isa) => ForEveryLength(isa, new ScoreGradientAction());

    [Theory]
    [MemberData(nameof(Isas))]
    public void Dot_products_are_right(Isa isa) => ForEveryLength(isa, new DotAction());

    [Theory]
    [MemberData(nameof(Isas))]
    public void Shifts_and_sums_are_right(Isa isa) => ForEveryLength(isa, new ShiftAction());

    private static void ForEveryLength(Isa isa, LengthAction action)
    {
        for (action.Count = 0; action.Count <= LongestRow; action.Count++)
        {
            SimdDispatch.Run(isa, action);
        }
    }

    private abstract class LengthAction : ISimdAction
    {
        public int Count { get; set; }

        public abstract void Run<TSimd, TVector>()
            where TSimd : struct, Tensors.Cpu.Simd.ISimd<TVector>
            where TVector : unmanaged;

        protected float[] Values(string name, double deviation = 1) => new RandomValues($"{name} {Count}").Normal(Count, deviation);
    }

    private sealed unsafe class ExponentiateAction : LengthAction
    {
        public override void Run<TSimd, TVector>()
        {
            float[] x = Values("scores", 5);
            using GuardedBuffer scores = Buffer(x);
            float sum = AttentionRows<TSimd, TVector>.Exponentiate(scores.First, 2, Count);
            double[] expected = [.. x.Select(value => Math.Exp((double)value - 2))];
            AssertClose(scores, expected, 1, 1e-3, $"{Count}");
            Assert.Equal(expected.Sum(), sum, expected.Sum() * 1e-6);
        }
    }

    private sealed unsafe class AddPositionsAction : LengthAction
    {
        public override void Run<TSimd, TVector>()
        {
            float[] x = Values("scores"), p = Values("positions");
            using GuardedBuffer scores = Buffer(x), positions = new(p, 2);
            float max = AttentionRows<TSimd, TVector>.AddPositions(scores.First, positions.First, Count);
            float[] expected = [.. x.Zip(p, (a, b) => a + b)];
            AssertClose(scores, Doubles(expected), 1, 1, $"{Count}");
            Assert.Equal(expected.Append(float.NegativeInfinity).Max(), max);
        }
    }

    private sealed unsafe class ScoreGradientAction : LengthAction
    {
        public override void Run<TSimd, TVector>()
        {
            float[] a = Values("probability"), k = Values("kept"), g = Values("gradient");
            using GuardedBuffer probability = Buffer(a), kept = new(k, 1), gradient = new(g, 2);
            AttentionRows<TSimd, TVector>.ScoreGradient(probability.First, kept.First, gradient.First, 0.75f, Count);
            AssertClose(gradient, [.. Enumerable.Range(0, Count).Select(i => ((double)k[i] * g[i]) - (a[i] * 0.75))], 2, 1, $"{Count}");
        }
    }

    private sealed unsafe class ShiftAction : LengthAction
    {
        public override void Run<TSimd, TVector>()
        {
            float[] x = Values("scores");
            using GuardedBuffer scores = Buffer(x);
            AttentionRows<TSimd, TVector>.Shift(scores.First, 0.75f, Count);
            AssertClose(scores, [.. x.Select(value => (double)(value + 0.75f))], 1, 1, $"{Count}");
            Assert.Equal(x.Sum(value => (double)(value + 0.75f)), AttentionRows<TSimd, TVector>.Sum(scores.First, Count), 1e-6 * (Count + 1));
        }
    }

    private sealed unsafe class DotAction : LengthAction
    {
        public override void Run<TSimd, TVector>()
        {
            float[] a = Values("a"), b = Values("b");
            using GuardedBuffer left = Buffer(a), right = new(b, 1);
            double expected = a.Zip(b, (x, y) => (double)x * y).Sum();
            Assert.Equal(expected, AttentionRows<TSimd, TVector>.Dot(left.First, right.First, Count), 1e-5 * Math.Sqrt(Count + 1));
        }
    }
}
