namespace TransformerXL.Server;

/// <summary>What clients may ask for at most.</summary>
public sealed record ServerLimits
{
    /// <summary>40 days: timers take no more than about 50.</summary>
    internal const int MaxSeconds = 40 * 24 * 3600;

    /// <summary>Bytes of the body of a request.</summary>
    public long BodyBytes { get; init; } = 16L << 20;

    /// <summary>Bytes of all headers of a request.</summary>
    public int HeaderBytes { get; init; } = 16 << 10;

    /// <summary>Open connections.</summary>
    public int Connections { get; init; } = 1024;

    /// <summary>Tokens of a prompt.</summary>
    public int PromptTokens { get; init; } = 1 << 22;

    /// <summary>Tokens of a prompt whose log-probabilities are asked for: their answer is many times as long.</summary>
    public int ScoredTokens { get; init; } = 1 << 17;

    /// <summary>Tokens that a request may write.</summary>
    public int Tokens { get; init; } = 1 << 16;

    /// <summary>Tokens of a chat reply when the request does not say how many; no more than <see cref="Tokens"/>.</summary>
    public int ChatTokens { get; init; } = 1024;

    /// <summary>Texts that are written at the same time.</summary>
    public int Streams { get; init; } = 16;

    /// <summary>Requests that wait for a place.</summary>
    public int Queue { get; init; } = 256;

    /// <summary>Prompts of a request, and texts to predict.</summary>
    public int Prompts { get; init; } = 128;

    /// <summary>Texts to embed in a request.</summary>
    public int EmbeddedTexts { get; init; } = 2048;

    /// <summary>Sessions of a key; 0 for no limit.</summary>
    public int Sessions { get; init; } = 1024;

    /// <summary>The longest time that a request may take.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A client of a streamed answer that does not take what the server holds for it, about 32 KiB, within this time is disconnected, as it holds a place of the model.</summary>
    public TimeSpan ReadTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Check("largest body in bytes", BodyBytes, 1 << 10, 1L << 30);
        Check("bytes of headers", HeaderBytes, 1 << 10, 1 << 20);
        Check("connections", Connections, 1, 1 << 20);
        Check("tokens of a prompt", PromptTokens, 1, 1 << 28);
        Check("scored tokens of a prompt", ScoredTokens, 1, 1 << 24);
        Check("tokens of an answer", Tokens, 1, 1 << 28);
        Check("tokens of a chat reply", ChatTokens, 1, 1 << 28);
        Check("streams", Streams, 1, 1 << 12);
        Check("queue", Queue, 0, 1 << 20);
        Check("prompts of a request", Prompts, 1, 1 << 12);
        Check("texts to embed in a request", EmbeddedTexts, 1, 1 << 16);
        Check("sessions of a key", Sessions, 0, int.MaxValue);
        Check("seconds of a request", (long)RequestTime.TotalSeconds, 1, MaxSeconds);
        Check("seconds in which a client takes its answer", (long)ReadTime.TotalSeconds, 1, MaxSeconds);
    }

    private static void Check(string name, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            throw new InputException($"{name} is {value}, but must be from {min} to {max}");
        }
    }
}
