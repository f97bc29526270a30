using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>A session goes on for ever in constant memory. Runs when nothing else does, because the bytes of the whole process are counted.</summary>
[CollectionDefinition(nameof(SteadyStateTests), DisableParallelization = true)]
[Collection(nameof(SteadyStateTests))]
public sealed class SteadyStateTests
{
    [Fact]
    public void Ten_thousand_tokens_allocate_nothing()
    {
        TransformerXLModel model = SmallModels.Odd;
        using CpuBackend backend = new(threads: 2);
        InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 64, MaxSegment = 16 });
        int token = 1;
        for (int i = 0; i < 500; i++)
        {
            token = Step(session, token);
        }

        // No native buffer is without its managed owner, so that whoever allocates nothing here holds no more there either.
        // The test host's own threads may allocate at any moment; a token that made garbage would make some in every round.
        long memory = session.MemoryBytes, least = long.MaxValue;
        for (int round = 0; round < 40; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 250; i++)
            {
                token = Step(session, token);
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(memory, session.MemoryBytes);
        Assert.Equal(10_500, session.Tokens);
        Assert.Equal(64, session.MemoryRows);
    }

    [Fact]
    public void Segments_of_changing_length_allocate_nothing_either()
    {
        TransformerXLModel model = SmallModels.PreNorm;
        using CpuBackend backend = new(threads: 1);
        InferenceSession session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = 50, MaxSegment = 40 });
        int[] ids = SmallModels.RandomIds(41, model);
        float[] nll = new float[40];
        Read();
        Read();
        Assert.Equal(0, Allocations.MinOf(Read));

        void Read()
        {
            for (int length = 40; length > 0; length--)
            {
                session.Advance(ids.AsSpan(0, length));
                session.NegativeLogLikelihood(ids.AsSpan(1, length), nll.AsSpan(0, length));
            }
        }
    }

    private static int Step(InferenceSession session, int token)
    {
        session.Advance([token], results: 1);
        ReadOnlySpan<float> logits = session.Logits().Span;
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        // A greedy text would soon turn in a circle.
        return (best + (int)(session.Tokens % 7)) % logits.Length;
    }
}
