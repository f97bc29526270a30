using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Kept keys and values give what the memory of hidden states gives.</summary>
public sealed class HiddenStateEqualityTests
{
    public static TheoryData<string, int, int, int, bool, int> Cases() => new()
    {
        // Model, target length, memory length, clamp length, same length, streams.
        { nameof(SmallModels.Plain), 7, 16, 0, false, 2 },
        { nameof(SmallModels.Plain), 16, 16, 0, false, 1 },
        { nameof(SmallModels.Gated), 9, 16, 0, false, 2 },
        { nameof(SmallModels.Plain), 20, 6, 0, false, 2 },
        { nameof(SmallModels.Plain), 12, 0, 0, false, 2 },
        { nameof(SmallModels.Plain), 1, 9, 0, false, 3 },
        { nameof(SmallModels.Plain), 5, 23, 8, false, 1 },
        { nameof(SmallModels.Plain), 13, 21, 0, true, 2 },
        { nameof(SmallModels.Plain), 15, 4, 6, true, 1 },
        { nameof(SmallModels.PreNorm), 11, 19, 9, true, 2 },
        { nameof(SmallModels.PreNorm), 24, 10, 0, false, 1 },
        { nameof(SmallModels.Odd), 10, 25, 0, false, 3 },
        { nameof(SmallModels.Odd), 3, 11, 7, true, 1 },
        { nameof(SmallModels.TiedProjection), 12, 12, 0, false, 2 },
        { nameof(SmallModels.TiedProjection), 2, 17, 0, true, 4 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Segments_have_the_nll_that_hidden_states_give(string name, int target, int memory, int clamp, bool sameLength, int streams)
    {
        TransformerXLModel model = SmallModels.Named(name);
        ContextConfiguration context = new() { TargetLength = target, MemoryLength = memory, ClampLength = clamp, SameLength = sameLength };
        int[] ids = SmallModels.RandomIds(101 * streams, model);
        foreach (Isa isa in SmallModels.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            float[] expected = SmallModels.NllByHiddenStates(model, backend, ids, streams, context);
            foreach (int segments in new[] { 1, 4 })
            {
                float[] actual = NllBySession(model, backend, ids, streams, context, segments);
                for (int i = 0; i < expected.Length; i++)
                {
                    double error = Math.Abs(expected[i] - actual[i]);
                    Assert.True(
                        error < 1e-5 * (1 + Math.Abs(expected[i])),
                        $"{isa}, {segments} segments at once: nll {i} is {actual[i]}, hidden states give {expected[i]}");
                }
            }
        }
    }

    private static float[] NllBySession(
        TransformerXLModel model, CpuBackend backend, int[] ids, int streams, ContextConfiguration context, int segments)
    {
        InferenceSession session = InferenceSession.Create(model, backend, InferenceOptions.ForSegments(context, streams, segments));
        float[] result = new float[ids.Length - streams];
        int step = segments * context.TargetLength * streams;
        for (int first = 0; first < result.Length; first += step)
        {
            int count = Math.Min(step, result.Length - first);
            session.Advance(ids.AsSpan(first, count));
            session.NegativeLogLikelihood(ids.AsSpan(first + streams, count), result.AsSpan(first, count));
        }

        return result;
    }
}
