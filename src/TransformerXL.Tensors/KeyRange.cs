namespace TransformerXL.Tensors;

/// <summary>Neighbouring keys: from <paramref name="First"/> to below <paramref name="End"/>. Empty where the two are equal.</summary>
/// <param name="First">The first key.</param>
/// <param name="End">One past the last key.</param>
public readonly record struct KeyRange(int First, int End)
{
    /// <summary>The number of keys.</summary>
    public int Count => End - First;

    internal bool Contains(int key) => key >= First && key < End;

    /// <summary>The keys of the range below <paramref name="keys"/>.</summary>
    internal KeyRange Below(int keys) => new(Math.Min(First, keys), Math.Min(End, keys));
}
