using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Tests.Training.Dynamic;

/// <summary>A small model and texts for it.</summary>
internal static class DynamicSample
{
    public static readonly ContextConfiguration Context = new() { TargetLength = 8, MemoryLength = 12 };

    public static readonly EvaluationOptions Evaluation = new() { Context = Context };

    public static TransformerXLConfiguration Configuration => new() { VocabularySize = 29, Layers = 2, ModelSize = 20, Heads = 2, HeadSize = 10, InnerSize = 36, InitialDeviation = 0.1f };

    public static LanguageModel Create(string kind = Kinds.TransformerXL) => LanguageModel.Create(Configuration.As(kind, rows: Context.TargetLength + Context.MemoryLength), seed: 7);

    /// <summary>A text that repeats a pattern which no training has shown.</summary>
    public static TokenFile Pattern(int tokens = 600) => TokenFile.FromIds([.. Enumerable.Range(0, tokens).Select(i => i * i % 23)], 29, name: "pattern");

    public static TokenFile Random(int tokens = 200, int seed = 3)
    {
        Random random = new(seed);
        return TokenFile.FromIds([.. Enumerable.Range(0, tokens).Select(_ => random.Next(29))], 29, name: "random");
    }

    public static DynamicOptions Options(DynamicRule rule) => rule switch
    {
        DynamicRule.Sgd => new DynamicOptions { Rule = rule, LearningRate = 0.5, Decay = 0.01 },
        DynamicRule.Adam => new DynamicOptions { Rule = rule, LearningRate = 0.01, Decay = 0.01, Epsilon = 1e-8 },
        _ => new DynamicOptions { Rule = rule, LearningRate = 0.002, Decay = 0.01, Epsilon = 0.1 },
    };
}
