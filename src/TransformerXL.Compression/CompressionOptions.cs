namespace TransformerXL.Compression;

/// <summary>How to compress.</summary>
public sealed record CompressionOptions
{
    /// <summary>How much time it may take.</summary>
    public CompressionProfile Profile { get; init; } = CompressionProfile.Standard;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate() => Require.Known("profile", Profile);
}
