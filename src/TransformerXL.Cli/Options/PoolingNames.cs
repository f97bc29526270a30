using System.CommandLine;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Options;

/// <summary>The values of <c>--pooling</c> of embeddings.</summary>
internal static class PoolingNames
{
    private const string FromModel = "model";

    private static readonly (string Word, EmbeddingPooling? Pooling)[] s_poolings = [(FromModel, null), ("mean", EmbeddingPooling.Mean), ("last", EmbeddingPooling.Last), ("first", EmbeddingPooling.First)];

    public static Option<string> NewOption() => Options.NewOption.Choice("--pooling", "Embeddings from hidden states", [.. s_poolings.Select(pooling => pooling.Word)], FromModel);

    /// <summary>The pooling; null for that of the model.</summary>
    public static EmbeddingPooling? Parse(string word) => s_poolings.First(pooling => pooling.Word == word).Pooling;
}
