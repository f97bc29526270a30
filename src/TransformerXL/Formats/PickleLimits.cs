namespace TransformerXL.Formats;

/// <summary>What a pickle may claim at most, besides what its own size allows.</summary>
internal static class PickleLimits
{
    /// <summary>The newest protocol of Python.</summary>
    public const int Protocol = 5;

    /// <summary>Values waiting on the stack; Python's writer hands over lists in pieces of 1000.</summary>
    public const int Stack = 1 << 20;

    /// <summary>Bytes of one text.</summary>
    public const int TextBytes = 1 << 26;

    /// <summary>Bytes of one line in the opcodes that are lines of text.</summary>
    public const int LineBytes = 1 << 16;

    /// <summary>Bytes or digits of a whole number; reading decimal digits takes the square of their number.</summary>
    public const int IntegerLength = 1024;

    /// <summary>Modules inside modules.</summary>
    public const int ModuleDepth = 64;
}
