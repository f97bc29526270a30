namespace TransformerXL.Inference.Serving;

/// <summary>What a scheduler does now and has done since it began.</summary>
public sealed record SchedulerStatistics
{
    /// <summary>Requests that wait for a place.</summary>
    public int Queued { get; init; }

    /// <summary>Requests whose prompt is being read.</summary>
    public int Reading { get; init; }

    /// <summary>Continuations that write, those that pause for a slow reader included.</summary>
    public int Writing { get; init; }

    /// <summary>Requests that were accepted.</summary>
    public long Requests { get; init; }

    /// <summary>Requests that were refused because too many waited.</summary>
    public long Refused { get; init; }

    /// <summary>Prompt tokens that were read.</summary>
    public long TokensRead { get; init; }

    /// <summary>Prompt tokens that a checkpoint saved from being read.</summary>
    public long TokensReused { get; init; }

    /// <summary>Tokens written.</summary>
    public long TokensGenerated { get; init; }

    /// <summary>Bytes of the states of requests in progress.</summary>
    public long StateBytes { get; init; }

    /// <summary>Bytes of the checkpoints of prompts.</summary>
    public long PrefixBytes { get; init; }
}
