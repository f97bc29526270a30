using System.Text.Json.Serialization;

namespace TransformerXL.Server.OpenAi;

/// <summary>The answer of <c>/v1/embeddings</c>.</summary>
internal sealed record EmbeddingList(IReadOnlyList<EmbeddingItem> Data, string Model, EmbeddingUsage Usage)
{
    public string Object { get; } = "list";
}

/// <summary>The vector of a text.</summary>
internal sealed record EmbeddingItem(int Index, EmbeddingVector Embedding)
{
    public string Object { get; } = "embedding";
}

/// <summary>A vector as it is sent.</summary>
/// <param name="Values">Its numbers.</param>
/// <param name="IsBase64">Whether they are sent as their bytes (little-endian float32) in base64, not as numbers.</param>
[JsonConverter(typeof(EmbeddingVectorConverter))]
internal sealed record EmbeddingVector(float[] Values, bool IsBase64);

/// <summary>The tokens of the texts.</summary>
internal sealed record EmbeddingUsage(long PromptTokens, long TotalTokens);
