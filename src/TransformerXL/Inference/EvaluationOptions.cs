using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>How a text is evaluated. Lengths are in tokens.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The lengths of segment and memory; they need not be those of training.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>
    /// B: streams that the text is cut into and that are read side by side. One gives every token its whole context; more
    /// are faster, but each stream begins without memory, and its first token is not predicted.
    /// </summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>Of products with weights, see <see cref="InferenceOptions.Precision"/>.</summary>
    public Precision Precision { get; init; }

    /// <summary>Whether the model is used for nothing else afterwards, see <see cref="InferenceOptions.OwnsModel"/>: its weights then need about half the memory. It holds where keys and values are kept.</summary>
    public bool OwnsModel { get; init; }

    /// <summary>
    /// The options that suit a model which was trained with segments of L tokens and a memory of M: a better context than in
    /// training, but no distance that it never saw.
    /// </summary>
    /// <remarks>
    /// Target length T = min(L, 128): in a segment the first token sees M tokens of context and the last M + T - 1, so that
    /// short segments after a long memory give all tokens nearly the same context. Memory length = (L + M - T) + M: no token sees
    /// less than the best placed one saw in training, and the memory that training had is added once more; the published
    /// evaluations go from two to four times the memory of training. Clamp length = L + M - 1, the largest distance of
    /// training, unless training clamped already: farther keys are treated as if they were at that distance (Dai et al. 2019 clamp at 400
    /// to 1000). Same length, where training had it, stays.
    /// </remarks>
    /// <param name="training">The lengths of training.</param>
    public static EvaluationOptions ForTrained(ContextConfiguration training)
    {
        ArgumentNullException.ThrowIfNull(training);
        int target = Math.Min(training.TargetLength, 128);
        int seen = training.TargetLength + training.MemoryLength;
        return new EvaluationOptions
        {
            Context = training with
            {
                TargetLength = target,
                MemoryLength = Math.Min(seen - target + training.MemoryLength, ContextConfiguration.MaxLength),
                ExtendedLength = 0,
                ClampLength = training.ClampLength > 0 ? training.ClampLength : Math.Min(seen - 1, ContextConfiguration.MaxLength),
                SameLength = training.SameLength && seen - target + training.MemoryLength > 0,
            },
        };
    }

    /// <summary>The lengths as far as a text fills them: one shorter than the memory never does.</summary>
    /// <param name="tokens">The text.</param>
    public ContextConfiguration ContextFor(TokenFile tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        long stream = Math.Max(1, tokens.Count / BatchSize);
        return Context with
        {
            TargetLength = (int)Math.Min(Context.TargetLength, stream),
            MemoryLength = (int)Math.Min(Context.MemoryLength, stream),
        };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Present("context", Context);
        Context.Validate();
        Require.Between("batch size", BatchSize, 1, 1 << 16);
        Require.Known("precision", Precision);
    }
}
