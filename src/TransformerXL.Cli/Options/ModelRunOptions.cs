using TransformerXL.Models;

namespace TransformerXL.Cli.Options;

/// <summary>The architecture of a new model.</summary>
internal static class ModelRunOptions
{
    private static readonly ModelConfiguration Standard = new() { VocabularySize = 1 };

    public static IEnumerable<RunOption> All()
    {
        yield return Size("--layers", "Layers.", 1, 1000, Standard.Layers, m => m.Layers, (m, n) => m with { Layers = n });
        yield return Size("--model-size", "Hidden size d, in floats; even.", 2, 65536, Standard.ModelSize, m => m.ModelSize, (m, n) => m with { ModelSize = n });
        yield return Size("--heads", "Attention heads.", 1, 1024, Standard.Heads, m => m.Heads, (m, n) => m with { Heads = n });
        yield return Size("--head-size", "Size of a head, in floats. [default: model size / heads]", 1, 4096, null, m => m.Resolve().HeadSize, (m, n) => m with { HeadSize = n });
        yield return Size("--inner-size", "Inner size of the feed-forward block, in floats. [default: 4 x model size]", 1, 1 << 20, null, m => m.Resolve().InnerSize, (m, n) => m with { InnerSize = n });
        yield return Size("--embedding-size", "Size of a token's embedding, in floats. [default: model size]", 1, 65536, null, m => m.Resolve().EmbeddingSize, (m, n) => m with { EmbeddingSize = n });
        yield return Flag("--pre-norm", "Normalise before each block instead of after it.", m => m.PreNorm, (m, on) => m with { PreNorm = on });
        yield return Flag("--untied", "Give the softmax weights of its own instead of the embedding's.", m => !m.TieWeights, (m, on) => m with { TieWeights = !on });
        yield return Probability("--dropout", "Probability that dropout zeroes a value.", Standard.Dropout, m => m.Dropout, (m, p) => m with { Dropout = p });
        yield return Probability("--attention-dropout", "Probability that dropout zeroes an attention weight.", Standard.AttentionDropout, m => m.AttentionDropout, (m, p) => m with { AttentionDropout = p });
    }

    private static RunOption<int?, int> Size(string name, string description, int least, int most, int? standard, Func<ModelConfiguration, int> get, Func<ModelConfiguration, int, ModelConfiguration> set) =>
        new(NewOption.Whole(name, description, least, most, standard), value => value!.Value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });

    private static RunOption<bool, bool> Flag(string name, string description, Func<ModelConfiguration, bool> get, Func<ModelConfiguration, bool, ModelConfiguration> set) =>
        new(NewOption.Flag(name, description), value => value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });

    private static RunOption<float?, float> Probability(string name, string description, float standard, Func<ModelConfiguration, float> get, Func<ModelConfiguration, float, ModelConfiguration> set) =>
        new(NewOption.Real(name, description, "from 0 to below 1", value => value is >= 0 and < 1, (float?)standard), value => value!.Value, c => get(c.Model), (c, value) => c with { Model = set(c.Model, value) });
}
