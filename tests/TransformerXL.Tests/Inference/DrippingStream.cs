namespace TransformerXL.Tests.Inference;

/// <summary>Gives a few bytes at a time, as a slow pipe does.</summary>
/// <param name="content">What there is to read.</param>
/// <param name="most">The most bytes of one read.</param>
internal sealed class DrippingStream(byte[] content, int most) : MemoryStream(content)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
}
