namespace TransformerXL.Tests.Inference;

/// <summary>Gives a few bytes at a time, as a pipe does.</summary>
internal sealed class DrippingStream(byte[] content) : MemoryStream(content)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, 7)], cancellationToken);
}
