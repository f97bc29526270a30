using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>A block of numbers in the file.</summary>
internal sealed class TorchStorageBlock(SafetensorsType type, long count)
{
    public SafetensorsType Type => type;

    public long Count => count;

    /// <summary>Offset in the file; -1 until it is known, because the old format says it only after the pickle.</summary>
    public long Offset { get; set; } = -1;
}
