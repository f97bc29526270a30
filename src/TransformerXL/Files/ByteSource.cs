namespace TransformerXL.Files;

/// <summary>Bytes that can be read at any offset by several threads at once.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>Its name in error messages, for example the path.</summary>
    public abstract string Name { get; }

    /// <summary>Number of bytes when it was opened.</summary>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="InputException">The source has fewer bytes.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    public abstract void Dispose();
}
