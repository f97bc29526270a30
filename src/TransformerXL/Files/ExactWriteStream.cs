namespace TransformerXL.Files;

/// <summary>Forwards writes, counts their bytes, and rejects the first write that exceeds the announced length.</summary>
internal sealed class ExactWriteStream(Stream inner, string what, long expected) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

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

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush()
    {
        // The file is flushed to disk once, when it is complete.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
