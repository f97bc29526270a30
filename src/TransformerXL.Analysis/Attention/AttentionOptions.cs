using TransformerXL.Inference;
using TransformerXL.Models;

namespace TransformerXL.Analysis.Attention;

/// <summary>How a text is read to see what a model attends to. Lengths are in tokens.</summary>
public sealed record AttentionOptions
{
    /// <summary>The number of positions in the paper's figures (Dai et al. 2019, appendix D).</summary>
    public const int PaperPositions = 640;

    /// <summary>Maximum number of targets: each stores the attention of all heads.</summary>
    public const int MaxTargets = 32;

    /// <summary>The lengths of segment and memory.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>n: attention is recorded separately for distances 0 to n - 1.</summary>
    public int Positions { get; init; } = PaperPositions;

    /// <summary>Number of tokens to average, not counting those that fill the memory; 0 for the whole text.</summary>
    public long MaxQueries { get; init; } = 5000;

    /// <summary>Positions in the text, from 0, of tokens whose own attention is stored; if empty, three tokens of the last segment.</summary>
    public IReadOnlyList<long> Targets { get; init; } = [];

    /// <summary>
    /// The options that suit a model: every token sees itself and the n - 1 tokens before it ("same length"), so that all
    /// distances are seen equally often. No distance exceeds those of training (see
    /// <see cref="EvaluationOptions.ForTrained"/>). A model without memory is read in the segments of its training.
    /// </summary>
    /// <param name="training">The lengths of training.</param>
    /// <param name="positions">n; if null 640, or the memory of evaluation, or the segment of a model without memory, where those are shorter.</param>
    /// <exception cref="InputException">A model without memory has fewer positions.</exception>
    public static AttentionOptions ForTrained(ContextConfiguration training, int? positions = null)
    {
        ArgumentNullException.ThrowIfNull(training);
        ContextConfiguration context = EvaluationOptions.ForTrained(training).Context;
        if (training.MemoryLength == 0)
        {
            int segment = training.TargetLength;
            Require.That(
                positions is null || positions <= segment,
                $"positions is {positions}, but the model was trained without memory and sees at most its segment of {segment}", [new("positions")]);
            return new AttentionOptions
            {
                Context = context with { TargetLength = segment, MemoryLength = 0, SameLength = false },
                Positions = positions ?? Math.Min(PaperPositions, segment),
            };
        }

        int max = positions ?? Math.Min(PaperPositions, context.MemoryLength);
        return new AttentionOptions { Context = context with { MemoryLength = max, SameLength = true }, Positions = max };
    }

    /// <summary>The options that suit a model that reads in both directions: the segments and the memory of its training.</summary>
    /// <param name="training">The lengths of training.</param>
    /// <param name="positions">n; if null 640, or segment and memory together where those are shorter.</param>
    /// <exception cref="InputException">Segment and memory have fewer positions.</exception>
    public static AttentionOptions ForEncoder(ContextConfiguration training, int? positions = null)
    {
        ArgumentNullException.ThrowIfNull(training);
        int max = training.TargetLength + training.MemoryLength;
        Require.That(positions is null || positions <= max, $"positions is {positions}, but segment and memory of the model have {max} together", [new("positions")]);
        return new AttentionOptions { Context = training with { SameLength = false, ExtendedLength = 0 }, Positions = positions ?? Math.Min(PaperPositions, max) };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("positions", Positions, 1, 1 << 16);
        Require.That(MaxQueries >= 0, $"most queries is {MaxQueries}, but must not be negative");
        Require.Present("context", Context);
        Require.Present("targets", Targets);
        Context.Validate();
        Require.That(Context.ExtendedLength == 0, $"extended length is {Context.ExtendedLength}, but must be 0 here");
        Require.Between("number of targets", Targets.Count, 0, MaxTargets);
        Require.That(Targets.All(target => target >= 0), "a target is a place in the text, from 0 on");
    }
}
