namespace TransformerXL.Tensors.Random;

/// <summary>
/// Which elements a dropout zeroes (Srivastava et al. 2014). The choice is a function of the key and the position of the
/// element, so that the backward pass computes it again instead of storing it, and no thread needs a generator of its own.
/// </summary>
/// <param name="Probability">The probability that an element becomes zero, from 0 to below 1.</param>
/// <param name="Seed">The seed of the whole run.</param>
/// <param name="Step">The training step.</param>
/// <param name="Operation">The number of the operation inside the step.</param>
public readonly record struct DropoutMask(float Probability, ulong Seed, uint Step, uint Operation)
{
    /// <summary>Whether anything is dropped at all.</summary>
    public bool IsActive => Probability > 0;

    /// <summary>The factor of the remaining elements: 1 / (1 - p).</summary>
    public float Scale => 1 / (1 - Probability);

    /// <summary>Random bits below this drop the element.</summary>
    internal uint Threshold => (uint)Math.Round(Probability * 4294967296.0);
}
