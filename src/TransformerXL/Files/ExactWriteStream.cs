namespace TransformerXL.Files;

/// <summary>Forwards writes, counts their bytes, and rejects the first write that exceeds the announced length.</summary>
internal sealed class ExactWriteStream(Stream inner, string what, long expected) : WriteOnlyStream
{
    private long _written;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <summary>Checks that everything announced was written.</summary>
    /// <exception cref="InvalidOperationException">Fewer bytes were written.</exception>
    public void Complete()
    {
        if (_written != expected)
        {
            throw new InvalidOperationException($"{what} needs {expected} bytes; {_written} were written.");
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > expected - _written)
        {
            throw new InvalidOperationException($"{what} needs {expected} bytes; at least {_written + buffer.Length} were written.");
        }

        inner.Write(buffer);
        _written += buffer.Length;
    }

    public override void WriteByte(byte value) => Write([value]);
}
