namespace TransformerXL.Tensors.Inference;

/// <summary>
/// A weight (out, in) with the layouts that products of few and of many rows read, created by <see cref="Backend.PrepareWeight"/>. The
/// values must not change. Several threads may use it at once, each with a backend of its own.
/// </summary>
public abstract class PreparedWeight
{
    private protected PreparedWeight()
    {
    }

    /// <summary>Rows of W.</summary>
    public abstract int Outputs { get; }

    /// <summary>The length of a row.</summary>
    public abstract int Depth { get; }

    /// <summary>Bytes of the copy for products of many rows; 0 while there is none.</summary>
    public abstract long PackedBytes { get; }
}
