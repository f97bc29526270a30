using Microsoft.AspNetCore.Http;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Server.Http;
using TransformerXL.Server.Metrics;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>/health</c>, <c>/metrics</c>, <c>/props</c>.</summary>
internal sealed class StatusRoutes(ServerServices services)
{
    public Task HealthAsync(HttpContext context) => services.State.Unavailable is { } reason
        ? throw ApiException.Unavailable(reason)
        : Answers.WriteAsync(context, new HealthStatus("ok"), ServerJson.Plain.HealthStatus);

    public Task MetricsAsync(HttpContext context)
    {
        PrometheusWriter writer = new();
        writer.Single("txl_ready", "gauge", "1 while requests are accepted, 0 while models are loaded and while the server stops.", services.State.Unavailable is null ? 1 : 0);
        services.Metrics.WriteTo(writer);
        ModelMetrics.WriteTo(writer, services.Models.All);
        return Answers.WriteTextAsync(context, writer.ToString(), PrometheusWriter.ContentType);
    }

    public Task PropertiesAsync(HttpContext context)
    {
        ServerOptions options = services.Options;
        ServerLimits limits = options.Limits;
        ServerProperties answer = new(
            typeof(StatusRoutes).Assembly.GetName().Version?.ToString(3) ?? "",
            [.. services.Models.All.Select(Properties)],
            new LimitProperties(
                limits.BodyBytes, limits.HeaderBytes, limits.PromptTokens, limits.ScoredTokens, limits.Tokens, limits.Streams, limits.Queue, limits.Prompts, limits.EmbeddedTexts, limits.Sessions, (long)limits.RequestTime.TotalSeconds, options.SessionMemoryBytes),
            options.ChatTemplate.Render([("user", "{content}")]),
            options.IsStrict);
        return Answers.WriteAsync(context, answer, ServerJson.Plain.ServerProperties);
    }

    private static string ContextOf(ModelConfiguration configuration) => configuration switch
    {
        { IsCausal: true, Family: { HasMemoryLength: true, KeepsContext: false } } => "A text may be of any length: the model reads the last memory_length tokens again for each token, at constant memory and time.",
        { IsCausal: true, Family.HasMemoryLength: true } => "A text may be of any length: the model remembers the last memory_length tokens (and in each layer what those before it have passed on), at constant memory and time for a token.",
        { IsCausal: true } => "A text may be of any length: the model keeps one state, at constant memory and time for a token.",
        _ => "The model reads a text in both directions, a long one in pieces; it keeps nothing of earlier texts.",
    };

    private ModelProperties Properties(ServedModel model)
    {
        ModelConfiguration configuration = model.Folder.Model.Configuration;
        SchedulerOptions scheduler = model.Scheduler.Options;
        return new ModelProperties
        {
            Name = model.Name,
            Kind = model.Kind,
            Parameters = model.Folder.Model.Parameters.Sum(parameter => (long)parameter.Value.Shape.Count),
            Layers = configuration.Layers,
            ModelSize = configuration.ModelSize,
            Heads = configuration is AttentionConfiguration attention ? attention.Heads : 0,
            Vocabulary = model.Vocabulary.Kind,
            VocabularySize = model.Vocabulary.Count,
            WritesText = model.WritesText,
            MemoryLength = model.MemoryLength,
            Context = ContextOf(configuration),
            SessionBytes = model.Scheduler.SessionBytes,
            Adapts = model.Scheduler.Options.Learning is not null,
            Precision = scheduler.Session.Precision.ToString().ToLowerInvariant(),
            Checkpoint = model.Folder.Checkpoint,
            Step = model.Folder.Step,
            EmbeddingPooling = model.Pooling.ToString().ToLowerInvariant(),
        };
    }
}
