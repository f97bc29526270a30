using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Tests.Kernels;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

public sealed class SmallModelTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<Isa> Isas => KernelTheory.Isas;

    [Theory]
    [MemberData(nameof(Isas))]
    public void Training_gives_the_same_bits_with_one_two_and_three_threads(Isa isa)
    {
        (float[] Losses, float[] Weights) one = Train(isa, 1, steps: 12), two = Train(isa, 2, steps: 12), three = Train(isa, 3, steps: 12);
        Assert.Equal(one.Losses, two.Losses);
        Assert.Equal(one.Losses, three.Losses);
        Assert.True(Bits.Equal(one.Weights, two.Weights));
        Assert.True(Bits.Equal(one.Weights, three.Weights));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Training_learns_a_segment_by_heart(Isa isa)
    {
        SmallModel model = new(backends.Get(isa));
        float before = model.Evaluate();
        for (uint step = 0; step < 150; step++)
        {
            model.Step(step);
        }

        Assert.InRange(before, 2.5f, 5f);
        Assert.InRange(model.Evaluate(), 0, 0.5f);
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Instruction_sets_agree_on_the_loss(Isa isa) =>
        Assert.Equal(Train(Isa.Scalar, 1, steps: 4).Losses[^1], Train(isa, 1, steps: 4).Losses[^1], 1e-4);

    private (float[] Losses, float[] Weights) Train(Isa isa, int threads, int steps)
    {
        SmallModel model = new(backends.Get(isa, threads));
        float[] losses = [.. Enumerable.Range(0, steps).Select(step => model.Step((uint)step))];
        return (losses, model.Weights());
    }
}
