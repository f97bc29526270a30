namespace TransformerXL.Compression.Networks;

/// <summary>The name of the arithmetic whose results a decoder has to repeat bit for bit. It is the same on every processor; another version of the engine may have another one.</summary>
internal static class Arithmetic
{
    /// <summary>Float32 with sums of 16 lanes, and functions of the engine's own.</summary>
    public const string Name = "float32-lanes16";

    /// <summary>The longest name.</summary>
    public const int MaxLength = 32;

    /// <summary>Checks the name in a file.</summary>
    /// <exception cref="InputException">It names another arithmetic.</exception>
    public static void Require(string name) =>
        TransformerXL.Require.That(name == Name, $"it was compressed with the arithmetic '{name}', which this version cannot repeat; it has '{Name}'");
}
