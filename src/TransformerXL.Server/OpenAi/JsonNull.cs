using System.Text.Json;

namespace TransformerXL.Server.OpenAi;

/// <summary>Values of JSON that stand for nothing.</summary>
internal static class JsonNull
{
    /// <summary>A null that is written, where a member that is absent means something else.</summary>
    public static JsonElement Element { get; } = JsonDocument.Parse("null").RootElement;

    /// <summary>An object without members.</summary>
    public static JsonElement EmptyObject { get; } = JsonDocument.Parse("{}").RootElement;
}
