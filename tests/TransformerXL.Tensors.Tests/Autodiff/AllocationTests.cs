using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
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
        AssertAllocatesNothing(() => model.Step(step++));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Warm_attention_over_streams_of_other_lengths_in_each_step_allocates_nothing_on_the_managed_heap(int threads)
    {
        const int queries = 40, streams = 2, heads = 2, size = 5, width = heads * size;
        Tape tape = new(backends.Get(CpuBackend.Best, threads));
        Parameter q = Parameters.New(queries, streams, width), kv = Parameters.New(queries, streams, 2 * width), r = Parameters.New((2 * queries) - 1, width);
        Parameter u = Parameters.New(heads, size), v = Parameters.New(heads, size), weight = Parameters.New(7, width);
        IndexTensor targets = IndexTensor.From(new int[queries * streams]);
        int[] lengths = [queries, 1];
        Visibility visibility = Visibility.Window(3, 2, 0, 20).WithLengths(lengths);
        uint step = 0;
        AssertAllocatesNothing(() =>
        {
            lengths[1] = 21 + (int)(step % 5);
            q.ClearGradient();
            kv.ClearGradient();
            r.ClearGradient();
            tape.BeginTraining(1, step++);
            tape.Backward(tape.CrossEntropy(tape.RelativeAttention(q, kv, r, u, v, visibility, 0.1f), weight, null, targets));
        });
    }

    private static void AssertAllocatesNothing(Action step)
    {
        Repeat(step, 5);
        long least = long.MaxValue;

        // The test host's own threads may allocate at any moment, and waking the second thread may when both meet at a lock, so
        // that one quiet round of several must do: a step that made garbage would make some in every round.
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Repeat(step, 3);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
    }

    private static void Repeat(Action step, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            step();
        }
    }
}
