using Microsoft.Extensions.Logging;

namespace TransformerXL.Extensions.AI;

/// <summary>What is logged; never a text of a user.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Loaded model {Model} from {Folder}, checkpoint {Checkpoint}: {Parameters} parameters in {Seconds:0.00} s")]
    public static partial void Loaded(ILogger logger, string model, string folder, string checkpoint, long parameters, double seconds);

    [LoggerMessage(2, LogLevel.Debug, "{Operation} {Model}: {InputTokens} tokens read, {CachedTokens} of them reused, {OutputTokens} written, ended by {Reason}")]
    public static partial void Completed(ILogger logger, string operation, string model, long inputTokens, long cachedTokens, long outputTokens, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Operation} {Model} failed")]
    public static partial void Failed(ILogger logger, Exception exception, string operation, string model);
}
