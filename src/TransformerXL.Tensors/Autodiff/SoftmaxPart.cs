namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// Rows [First, First + Count) of a weight, and the same elements of a bias, as columns of a softmax: one cluster of a
/// vocabulary whose table is shared, or the whole of a table.
/// </summary>
/// <param name="Weight">(V, D).</param>
/// <param name="Bias">(V), or null.</param>
/// <param name="First">The first row.</param>
/// <param name="Count">The number of rows, at least one.</param>
public readonly record struct SoftmaxPart(Variable Weight, Variable? Bias, int First, int Count);
