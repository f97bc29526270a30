using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using TransformerXL.Server.Http;
using TransformerXL.Text;

namespace TransformerXL.Server.Serving;

/// <summary>Turns the text of a request into tokens.</summary>
internal static class PromptEncoding
{
    /// <summary>What some editors put before a text; vocabularies of characters and words do not read it.</summary>
    public const char ByteOrderMark = '\uFEFF';

    private const int Piece = 1 << 14;

    /// <summary>The tokens of a text.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="text">The text.</param>
    /// <param name="isWhole">Whether the text ends here, so that a vocabulary of words ends its last line, as an <see cref="Inference.Embedder"/> reads it; otherwise it is a prompt, as a <see cref="Inference.Generator"/> reads it.</param>
    /// <exception cref="ApiException">The vocabulary cannot read the text.</exception>
    public static int[] Encode(Vocabulary vocabulary, ReadOnlySpan<char> text, bool isWhole = false)
    {
        try
        {
            return Tokens(vocabulary, text, isWhole);
        }
        catch (InputException exception)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, ErrorTypes.Request, exception.Message, null, "invalid_text");
        }
    }

    private static int[] Tokens(Vocabulary vocabulary, ReadOnlySpan<char> text, bool isWhole)
    {
        if (!vocabulary.AcceptsAnyBytes && text.StartsWith([ByteOrderMark]))
        {
            text = text[1..];
        }

        ArrayBufferWriter<int> tokens = new();
        TokenEncoder encoder = isWhole ? vocabulary.CreateEncoder() : vocabulary.CreatePromptEncoder();
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
