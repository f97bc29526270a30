using TransformerXL.Server.Metrics;

namespace TransformerXL.Server.Serving;

/// <summary>What all routes use.</summary>
internal sealed record ServerServices(ServerOptions Options, ModelRegistry Models, ServerState State, ServerMetrics Metrics)
{
    public TimeProvider Clock => Options.Clock;

    /// <summary>A new id of an answer.</summary>
    public static string NewId(string prefix) => prefix + Guid.NewGuid().ToString("N");

    /// <summary>Seconds since 1970.</summary>
    public long Now => Clock.GetUtcNow().ToUnixTimeSeconds();
}
