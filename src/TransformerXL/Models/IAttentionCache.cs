using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>Cached keys and values that relative attention reads instead of a memory of hidden states.</summary>
internal interface IAttentionCache
{
    /// <summary>Reserves space for a number of new tokens, before the first layer.</summary>
    void Begin(int tokens);

    /// <summary>Appends the keys and values of the new tokens and attends to all that are visible.</summary>
    /// <param name="tape">A tape that only evaluates.</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="attention">Its biases u and v.</param>
    /// <param name="projected">q, k and v of the new tokens: (T, B, 3 H d_h).</param>
    /// <param name="results">Of how many of the last tokens the output is wanted.</param>
    /// <returns>(results, B, H d_h).</returns>
    Variable Attend(Tape tape, int layer, RelativeAttention attention, Variable projected, int results);

    /// <summary>Counts the new tokens to those that are remembered, after the last layer.</summary>
    void End(int tokens);
}
