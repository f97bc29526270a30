using TransformerXL.Tensors;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Reference;

/// <summary>The rows as they are given, rounded.</summary>
internal sealed class ReferenceRelativeTable(Tensor rows, int heads, Precision precision, int after) : RelativeTable(rows, heads, precision, after)
{
    private readonly Tensor _rows = ReferenceBackend.Rounded(rows, KeyValueMemory.StoredAs(precision));

    public override long Bytes => _rows.Count * sizeof(float);

    /// <summary>The rows from the distance keys - 1 on.</summary>
    public Tensor From(int keys) => _rows.Slice(Count - keys, keys + After);
}
