using System.Text;

namespace TransformerXL.Cli.Tests;

/// <summary>Standard output that tells all that has been written so far whenever something is written.</summary>
internal sealed class NotingStream(Action<string> note) : MemoryStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        base.Write(buffer.ToArray(), 0, buffer.Length);
        note(Encoding.UTF8.GetString(ToArray()));
    }
}
