namespace TransformerXL.Files;

/// <summary>Limits of a safetensors file for readers and writers.</summary>
internal static class SafetensorsLimits
{
    /// <summary>Bytes of the JSON header, as in the reference implementation.</summary>
    public const long HeaderBytes = 100_000_000;

    /// <summary>Tensors in a file.</summary>
    public const int Tensors = 100_000;

    /// <summary>Bytes of a tensor's name or of a metadata key, as UTF-8.</summary>
    public const int NameBytes = 4096;

    /// <summary>Axes of a tensor.</summary>
    public const int Rank = 8;

    /// <summary>Nesting of the header: the file, a tensor, its shape.</summary>
    public const int Depth = 3;

    /// <summary>The key that holds text about the file, not a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>
    /// Number of elements of a shape; false if a dimension is negative or if the bytes would not fit in 63 bits.
    /// Empty axes count as one in that check, so that the order of the axes does not matter.
    /// </summary>
    public static bool TryCount(ReadOnlySpan<long> shape, int elementSize, out long count)
    {
        count = 0;
        long bound = elementSize;
        bool empty = false;
        foreach (long size in shape)
        {
            if (size < 0 || (size > 0 && bound > long.MaxValue / size))
            {
                return false;
            }

            bound *= Math.Max(size, 1);
            empty |= size == 0;
        }

        count = empty ? 0 : bound / elementSize;
        return true;
    }
}
