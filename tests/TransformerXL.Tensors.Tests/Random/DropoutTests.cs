using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Random;
using TransformerXL.Tensors.Tests.Kernels;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Random;

public sealed class DropoutTests(Backends backends) : KernelTheory(backends)
{
    [Theory]
    [InlineData(0.05f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    public void The_share_that_stays_is_one_minus_p(float probability)
    {
        const int count = 1 << 20;
        float[] kept = Apply(CpuBackend.Best, new DropoutMask(probability, 1, 1, 1), 0, Ones(count));
        double share = kept.Count(value => value != 0) / (double)count, deviation = Math.Sqrt(probability * (1 - probability) / count);
        Assert.InRange(share, 1 - probability - (5 * deviation), 1 - probability + (5 * deviation));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_mask_does_not_depend_on_how_a_row_is_cut(Isa isa)
    {
        const int count = 500;
        DropoutMask mask = new(0.4f, 8, 9, 10);
        float[] x = new RandomValues("cut").Normal(count), whole = Apply(isa, mask, 1000, x);
        for (int cut = 0; cut <= count; cut += 7)
        {
            float[] parts = [.. Apply(isa, mask, 1000, x[..cut]), .. Apply(isa, mask, 1000 + cut, x[cut..])];
            Assert.True(Bits.Equal(whole, parts), $"cut at {cut}");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Every_instruction_set_drops_the_same(Isa isa)
    {
        DropoutMask mask = new(0.4f, 8, 9, 10);
        float[] x = new RandomValues("same").Normal(300);
        Assert.True(Bits.Equal(Apply(Isa.Scalar, mask, 3, x), Apply(isa, mask, 3, x)));
    }

    [Fact]
    public void Seed_step_and_operation_each_give_another_mask()
    {
        DropoutMask[] masks = [new(0.5f, 1, 1, 1), new(0.5f, 2, 1, 1), new(0.5f, 1L << 32, 1, 1), new(0.5f, 1, 2, 1), new(0.5f, 1, 1, 2)];
        Assert.Equal(masks.Length, masks.Select(mask => string.Join(' ', Apply(CpuBackend.Best, mask, 0, Ones(256)))).Distinct().Count());
    }

    [Fact]
    public void A_position_beyond_32_bits_has_a_mask_of_its_own()
    {
        DropoutMask mask = new(0.5f, 1, 1, 1);
        Assert.NotEqual(Apply(CpuBackend.Best, mask, 0, Ones(256)), Apply(CpuBackend.Best, mask, 64L << 32, Ones(256)));
    }

    private static float[] Ones(int count)
    {
        float[] ones = new float[count];
        Array.Fill(ones, 1);
        return ones;
    }

    private static float[] Apply(Isa isa, DropoutMask mask, long position, float[] x)
    {
        DropAction action = new(mask, position, x);
        SimdDispatch.Run(isa, action);
        return action.Result;
    }

    private sealed unsafe class DropAction(DropoutMask mask, long position, float[] x) : ISimdAction
    {
        public float[] Result { get; } = new float[x.Length];

        public void Run<TSimd, TVector>()
            where TSimd : struct, ISimd<TVector>
            where TVector : unmanaged
        {
            fixed (float* source = x, destination = Result)
            {
                DropoutKernel<TSimd, TVector>.Apply(mask, position, source, destination, x.Length);
            }
        }
    }
}
