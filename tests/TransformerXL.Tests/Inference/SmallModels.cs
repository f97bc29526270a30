using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tests.Inference;

/// <summary>Models that are small but have every part, with weights so large that attention is not flat.</summary>
internal static class SmallModels
{
    public static IEnumerable<Isa> Isas => Enum.GetValues<Isa>().Where(CpuBackend.IsSupported);

    public static TransformerXLModel Plain => Create(new TransformerXLConfiguration { VocabularySize = 29, Layers = 3, ModelSize = 24, Heads = 3 });

    public static TransformerXLModel PreNorm => Create(
        new TransformerXLConfiguration { VocabularySize = 29, Layers = 3, ModelSize = 32, Heads = 2, HeadSize = 16, PreNorm = true, TieWeights = false });

    public static TransformerXLModel Odd => Create(
        new TransformerXLConfiguration { VocabularySize = 31, Layers = 2, ModelSize = 22, Heads = 3, HeadSize = 5, InnerSize = 37, EmbeddingSize = 13 });

    public static TransformerXLModel TiedProjection => Create(
        new TransformerXLConfiguration { VocabularySize = 31, Layers = 2, ModelSize = 20, Heads = 1, HeadSize = 48, EmbeddingSize = 26, PreNorm = true, TieProjections = ProjectionTying.All });

    public static TransformerXLModel Gated => Create(
        new TransformerXLConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 20, Heads = 2, HeadSize = 10, Activation = FeedForwardActivation.SwiGlu });

    public static TransformerXLModel Named(string name) => name switch
    {
        nameof(Plain) => Plain,
        nameof(PreNorm) => PreNorm,
        nameof(Odd) => Odd,
        nameof(Gated) => Gated,
        _ => TiedProjection,
    };

    public static TransformerXLModel Create(AttentionConfiguration configuration)
    {
        TransformerXLModel model = new(configuration with { InitialDeviation = 0.2f, ProjectionDeviation = 0.2f }, seed: 7);
        Random random = new(3);
        foreach (Parameter parameter in model.Parameters)
        {
            if (parameter.Name.EndsWith("bias", StringComparison.Ordinal) && parameter.Value.Shape.Rank == 1)
            {
                foreach (ref float value in parameter.Value.Span)
                {
                    value = (float)(random.NextDouble() - 0.5) / 2;
                }
            }
        }

        return model;
    }

    public static int[] RandomIds(int count, TransformerXLModel model, int seed = 11)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Configuration.VocabularySize))];
    }

    /// <summary>The nll of every token but the first of each stream, by the model with its memory of hidden states.</summary>
    /// <param name="model">The model.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="ids">(T + 1, B).</param>
    /// <param name="streams">B.</param>
    /// <param name="context">The lengths.</param>
    public static float[] NllByHiddenStates(TransformerXLModel model, CpuBackend backend, int[] ids, int streams, ContextConfiguration context)
    {
        float[] result = new float[ids.Length - streams];
        Tape tape = new(backend);
        HiddenMemory memory = model.CreateState(context.MemoryLength, streams);
        int step = context.TargetLength * streams;
        for (int first = 0; first < result.Length; first += step)
        {
            int count = Math.Min(step, result.Length - first);
            tape.BeginEvaluation();
            Variable hidden = model.Forward(tape, tape.Allocate(ids.AsSpan(first, count)), memory, context);
            Tensor perToken = tape.Allocate(new Shape(count));
            model.Loss(tape, hidden, tape.Allocate(ids.AsSpan(first + streams, count)), perToken);
            perToken.Span.CopyTo(result.AsSpan(first));
        }

        return result;
    }
}
