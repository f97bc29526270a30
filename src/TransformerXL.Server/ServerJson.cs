using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Server.Http;
using TransformerXL.Server.Ollama;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Routes;

namespace TransformerXL.Server;

/// <summary>How answers are written. Generated in source, because native code has no reflection.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(PredictionList<ClassificationItem>))]
[JsonSerializable(typeof(PredictionList<LabellingItem>))]
[JsonSerializable(typeof(PredictionList<AnswerItem>))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(TokenText))]
[JsonSerializable(typeof(TokenizerInfo))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(ServerProperties))]
[JsonSerializable(typeof(SessionItem))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SessionDeleted))]
[JsonSerializable(typeof(SessionRead))]
[JsonSerializable(typeof(NextTokens))]
[JsonSerializable(typeof(AttentionAnswer))]
[JsonSerializable(typeof(OllamaError))]
[JsonSerializable(typeof(OllamaVersion))]
[JsonSerializable(typeof(OllamaModels))]
[JsonSerializable(typeof(OllamaGeneration))]
[JsonSerializable(typeof(OllamaChat))]
[JsonSerializable(typeof(OllamaEmbeddings))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>The context in use. Text is written as it is, not as escapes: answers are JSON by their type and no part of a page.</summary>
    public static ServerJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
