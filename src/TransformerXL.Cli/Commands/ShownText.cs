using System.Buffers;
using TransformerXL.Text;

namespace TransformerXL.Cli.Commands;

/// <summary>Collects the first tokens of a text, up to a number of bytes.</summary>
internal sealed class ShownText(Vocabulary vocabulary, long bytes)
{
    private readonly ArrayBufferWriter<byte> _text = new();
    private long _left = bytes;

    /// <summary>Whether there was still room for a token.</summary>
    public bool Takes(int id)
    {
        if (_left <= 0)
        {
            return false;
        }

        _text.ResetWrittenCount();
        vocabulary.DecodeUtf8([id], _text);

        // A token without text also takes space on the page.
        _left -= Math.Max(1, _text.WrittenCount);
        return true;
    }
}
