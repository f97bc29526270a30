namespace TransformerXL.Tensors.Inference;

/// <summary>How a product of rows with a weight is computed; the sums have another order by one dot product for each value than by blocks.</summary>
internal enum RowProducts
{
    /// <summary>Up to <see cref="InferenceOperations.FewRows"/> rows by dot products, more by blocks: the fastest.</summary>
    ByCount,

    /// <summary>By dot products: each row gets the bits that it gets alone.</summary>
    Alone,

    /// <summary>By blocks: the bits of a tape that can differentiate.</summary>
    InBlocks,
}
