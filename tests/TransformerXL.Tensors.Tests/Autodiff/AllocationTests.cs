using TransformerXL.Tensors.Kernels;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Runs when nothing else does, because the bytes of the whole process are counted.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests(Backends backends) : IClassFixture<Backends>
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void A_warm_training_step_allocates_nothing_on_the_managed_heap(int threads, bool clusters)
    {
        SmallModel model = new(backends.Get(CpuBackend.Best, threads), clusters);
        uint step = 0;
        Train(model, ref step, 5);
        long least = long.MaxValue;

        // The test host's own threads may allocate at any moment, and waking the second thread may when both meet at a lock, so
        // that one quiet round of several must do: a step that made garbage would make some in every round.
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Train(model, ref step, 3);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
    }

    private static void Train(SmallModel model, ref uint step, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            model.Step(step++);
        }
    }
}
