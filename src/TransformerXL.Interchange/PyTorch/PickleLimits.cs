namespace TransformerXL.Interchange.PyTorch;

/// <summary>Limits of a pickle, in addition to those that follow from its size.</summary>
internal static class PickleLimits
{
    /// <summary>The newest protocol of Python.</summary>
    public const int Protocol = 5;

    /// <summary>Values on the stack; Python writes lists in batches of 1000.</summary>
    public const int Stack = 1 << 20;

    /// <summary>Bytes of one text.</summary>
    public const int TextBytes = 1 << 26;

    /// <summary>
    /// Bytes of memory that values may take for each byte of the pickle that was read. Vocabularies of words, the densest of real files, take 10.
    /// </summary>
    public const int MemoryPerByte = 16;

    /// <summary>Bytes of memory that values may take for a pickle of any size.</summary>
    public const int MemoryAtLeast = 8 << 20;

    /// <summary>Characters of the name of a class or function, its module included.</summary>
    public const int NameLength = 1024;

    /// <summary>Bytes of one line in the opcodes that are lines of text.</summary>
    public const int LineBytes = 1 << 16;

    /// <summary>Bytes or digits of a whole number; parsing decimal digits takes time quadratic in their number.</summary>
    public const int IntegerLength = 1024;

    /// <summary>Modules inside modules.</summary>
    public const int ModuleDepth = 64;
}
