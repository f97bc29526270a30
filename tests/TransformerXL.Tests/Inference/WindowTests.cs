using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>With a window as context the cut of a text into segments changes nothing.</summary>
public sealed class WindowTests
{
    [Theory]
    [InlineData(nameof(SmallModels.Plain), 12, 0, false)]
    [InlineData(nameof(SmallModels.Plain), 0, 0, false)]
    [InlineData(nameof(SmallModels.PreNorm), 30, 10, false)]
    [InlineData(nameof(SmallModels.Odd), 17, 0, true)]
    [InlineData(nameof(SmallModels.TiedProjection), 1, 0, false)]
    public void Any_cut_gives_what_one_token_at_a_time_gives(string name, int memory, int clamp, bool sameLength)
    {
        TransformerXLModel model = SmallModels.Named(name);
        InferenceOptions options = new() { MemoryLength = memory, ClampLength = clamp, SameLength = sameLength, MaxSegment = 60, Streams = 2 };
        int[] ids = SmallModels.RandomIds(2 * 151, model);
        Random random = new(5);
        foreach (Isa isa in SmallModels.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            float[] expected = Nll(model, backend, options, ids, () => 1);
            for (int round = 0; round < 8; round++)
            {
                float[] actual = Nll(model, backend, options, ids, () => random.Next(1, round % 2 == 0 ? 12 : options.MaxSegment + 1));
                for (int i = 0; i < expected.Length; i++)
                {
                    Assert.True(Math.Abs(expected[i] - actual[i]) < 2e-5 * (1 + expected[i]), $"{isa}, round {round}: nll {i} is {actual[i]}, one by one it is {expected[i]}");
                }
            }
        }
    }

    [Fact]
    public void A_token_beyond_the_reach_of_all_layers_changes_nothing()
    {
        TransformerXLModel model = SmallModels.Plain;
        using CpuBackend backend = new(threads: 1);
        InferenceOptions options = new() { MemoryLength = 5, MaxSegment = 40 };
        int reach = model.Configuration.Layers * options.MemoryLength;
        int[] ids = SmallModels.RandomIds(40, model);
        float[] before = LastLogits(model, backend, options, ids);
        ids[39 - reach - 1] = (ids[39 - reach - 1] + 1) % model.Configuration.VocabularySize;
        Assert.Equal(before, LastLogits(model, backend, options, ids));
        ids[39 - reach] = (ids[39 - reach] + 1) % model.Configuration.VocabularySize;
        Assert.NotEqual(before, LastLogits(model, backend, options, ids));
    }

    [Fact]
    public void One_and_two_threads_give_the_same_bits()
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = 300, Layers = 2, ModelSize = 96, Heads = 4 });
        int[] ids = SmallModels.RandomIds(200, model);
        InferenceOptions options = new() { MemoryLength = 40, MaxSegment = 64 };
        foreach (Isa isa in SmallModels.Isas)
        {
            using CpuBackend one = new(isa, 1), two = new(isa, 2);
            int[] cuts = [1, 1, 5, 64, 1, 8, 9];
            int first = 0, second = 0;
            Assert.Equal(Nll(model, one, options, ids, () => cuts[first++ % cuts.Length]), Nll(model, two, options, ids, () => cuts[second++ % cuts.Length]));
        }
    }

    private static float[] LastLogits(TransformerXLModel model, CpuBackend backend, InferenceOptions options, int[] ids)
    {
        InferenceSession session = InferenceSession.Create(model, backend, options);
        session.Advance(ids, results: 1);
        float[] logits = session.Logits().Span.ToArray();
        GC.KeepAlive(session);
        return logits;
    }

    private static float[] Nll(TransformerXLModel model, CpuBackend backend, InferenceOptions options, int[] ids, Func<int> nextLength)
    {
        InferenceSession session = InferenceSession.Create(model, backend, options);
        int streams = options.Streams;
        float[] result = new float[ids.Length - streams];
        for (int first = 0; first < result.Length;)
        {
            int count = Math.Min(nextLength() * streams, result.Length - first);
            session.Advance(ids.AsSpan(first, count));
            session.NegativeLogLikelihood(ids.AsSpan(first + streams, count), result.AsSpan(first, count));
            first += count;
        }

        return result;
    }
}
