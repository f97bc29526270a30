using System.Buffers;
using System.Text;
using TransformerXL.Text;

namespace TransformerXL.Server.Serving;

/// <summary>Turns the text of a request into tokens as a <see cref="Inference.Generator"/> reads a prompt.</summary>
internal static class PromptEncoding
{
    private const int Piece = 1 << 14;
    private const char ByteOrderMark = '\uFEFF';

    public static int[] Encode(Vocabulary vocabulary, ReadOnlySpan<char> text)
    {
        if (!vocabulary.AcceptsAnyBytes && text.StartsWith([ByteOrderMark]))
        {
            text = text[1..];
        }

        ArrayBufferWriter<int> tokens = new();
        TokenEncoder encoder = vocabulary.CreatePromptEncoder();
        Encoder utf8 = Encoding.UTF8.GetEncoder();
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(Math.Min(text.Length, Piece) + 1)];
        while (!text.IsEmpty)
        {
            ReadOnlySpan<char> piece = text[..Math.Min(text.Length, Piece)];
            int count = utf8.GetBytes(piece, bytes, flush: piece.Length == text.Length);
            encoder.Append(bytes.AsSpan(0, count), tokens);
            text = text[piece.Length..];
        }

        encoder.Complete(tokens);
        return tokens.WrittenSpan.ToArray();
    }
}
