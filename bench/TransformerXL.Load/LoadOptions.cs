namespace TransformerXL.Load;

/// <summary>How a server is loaded.</summary>
internal sealed record LoadOptions
{
    public required Uri Address { get; init; }

    public string Key { get; init; } = "";

    public int Streams { get; init; }

    /// <summary>After this time no request begins; null for no limit.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Number of requests; null for no limit.</summary>
    public long? Requests { get; init; }

    public int Tokens { get; init; }

    public int PromptLength { get; init; }

    /// <summary>The share of clients that leave early, from 0 to 1.</summary>
    public double LeavingShare { get; init; }

    /// <summary>Id of the server's process; 0 if it is not known.</summary>
    public int Process { get; init; }
}
