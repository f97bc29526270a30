using System.Diagnostics.Metrics;
using TransformerXL.Models;

namespace TransformerXL.Inference.Serving;

/// <summary>How a <see cref="ModelScheduler"/> shares a backend among requests. Lengths are in tokens.</summary>
public sealed record SchedulerOptions
{
    /// <summary>
    /// The sizes of every session, of one stream. Its <see cref="InferenceOptions.MaxSegment"/> is the length of the chunks in which prompts are
    /// read: results equal bit for bit those of <see cref="Generator"/>, <see cref="Scorer"/> and <see cref="Embedder"/> with the same chunks.
    /// </summary>
    public required InferenceOptions Session { get; init; }

    /// <summary>Trains the weights of sessions that are opened to learn (<see cref="Conversations.OpenAsync"/>); null if sessions cannot learn.</summary>
    public SessionLearning? Learning { get; init; }

    /// <summary>The maximum number of continuations that step together; more requests wait.</summary>
    public int MaxStreams { get; init; } = 16;

    /// <summary>The maximum number of those of one client; null for no limit of its own.</summary>
    public int? MaxStreamsPerClient { get; init; }

    /// <summary>The maximum number of requests that wait for a place; more are refused.</summary>
    public int MaxQueued { get; init; } = 256;

    /// <summary>The maximum number of prompt tokens that are read between two steps of the streams that write; at least one chunk is read.</summary>
    public int PromptTokensPerStep { get; init; } = 128;

    /// <summary>How many results of a request are kept for a slow reader before it pauses.</summary>
    public int MaxBufferedResults { get; init; } = 64;

    /// <summary>Bytes of memory for checkpoints of prompts, from which requests with the same beginning go on; 0 for none.</summary>
    public long PrefixMemory { get; init; } = 256L << 20;

    /// <summary>Tokens between two checkpoints of a prompt; rounded up to whole chunks.</summary>
    public int PrefixInterval { get; init; } = 512;

    /// <summary>The model's name in metrics and traces.</summary>
    public string ModelName { get; init; } = "transformer-xl";

    /// <summary>Creates the meter; if null, the meter belongs to no factory.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>Measures deadlines and durations.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Told of the prompt tokens read between two steps, and of the continuations of each step.</summary>
    internal Action<int, int>? Observer { get; init; }

    /// <summary>The options with the memory and clamp length of <see cref="InferenceOptions.ForTrained"/>.</summary>
    /// <param name="training">The lengths of training.</param>
    public static SchedulerOptions ForTrained(ContextConfiguration training) => new() { Session = ScoringOptions.ForTrained(training).Session() };

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Present("session", Session);
        Session.Validate();
        Require.That(Session.Streams == 1, $"streams is {Session.Streams}, but must be 1: each request has a session of its own", "Session.Streams");
        Require.That(
            Learning is null || Session.MaxSegment < TokenTail.Capacity,
            $"sessions learn from chunks of {Session.MaxSegment} tokens, but may have at most {TokenTail.Capacity - 1}", "Session.MaxSegment");
        Require.Between("most streams", MaxStreams, 1, 1 << 16);
        Require.Between("most streams of a client", MaxStreamsPerClient ?? 1, 1, 1 << 16);
        Require.Between("most queued requests", MaxQueued, 0, 1 << 20);
        Require.Between("prompt tokens between two steps", PromptTokensPerStep, 1, 1 << 20);
        Require.Between("buffered results", MaxBufferedResults, 1, 1 << 20);
        Require.Between("prefix memory", PrefixMemory, 0, long.MaxValue);
        Require.Between("prefix interval", PrefixInterval, 1, 1 << 20);
        Require.Present("model name", ModelName);
        Require.Present("clock", Clock);
    }
}
