using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

public sealed class SmallModelTests(Backends backends) : IClassFixture<Backends>
{
    public static TheoryData<Isa, bool> IsasAndClusters
    {
        get
        {
            TheoryData<Isa, bool> data = [];
            foreach (Isa isa in Backends.Isas)
            {
                data.Add(isa, false);
                data.Add(isa, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(IsasAndClusters))]
    public void Training_gives_the_same_bits_with_one_two_and_three_threads(Isa isa, bool clusters)
    {
        (float[] Losses, float[] Weights) one = Train(isa, 1, 12, clusters), two = Train(isa, 2, 12, clusters), three = Train(isa, 3, 12, clusters);
        Assert.Equal(one.Losses, two.Losses);
        Assert.Equal(one.Losses, three.Losses);
        Assert.True(Bits.Equal(one.Weights, two.Weights));
        Assert.True(Bits.Equal(one.Weights, three.Weights));
    }

    [Theory]
    [MemberData(nameof(IsasAndClusters))]
    public void Training_learns_a_segment_by_heart(Isa isa, bool clusters)
    {
        SmallModel model = new(backends.Get(isa), clusters);
        float before = model.Evaluate();
        for (uint step = 0; step < 150; step++)
        {
            model.Step(step);
        }

        Assert.InRange(before, 2.5f, 5f);
        Assert.InRange(model.Evaluate(), 0, 0.5f);
    }

    [Theory]
    [MemberData(nameof(IsasAndClusters))]
    public void Instruction_sets_agree_on_the_loss(Isa isa, bool clusters) =>
        Assert.Equal(Train(Isa.Scalar, 1, 4, clusters).Losses[^1], Train(isa, 1, 4, clusters).Losses[^1], 1e-4);

    private (float[] Losses, float[] Weights) Train(Isa isa, int threads, int steps, bool clusters)
    {
        SmallModel model = new(backends.Get(isa, threads), clusters);
        float[] losses = [.. Enumerable.Range(0, steps).Select(step => model.Step((uint)step))];
        return (losses, model.Weights());
    }
}
