using System.Buffers;
using System.Text;
using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>The text of a request: a string, or token ids of the model's vocabulary.</summary>
public sealed class Prompt
{
    private readonly string? _text;
    private readonly int[]? _tokens;
    private readonly bool _specialTokensAsText;

    private Prompt(string? text, int[]? tokens, bool specialTokensAsText) => (_text, _tokens, _specialTokensAsText) = (text, tokens, specialTokensAsText);

    /// <summary>A prompt without tokens.</summary>
    public static Prompt Empty { get; } = new(null, [], false);

    /// <summary>A text, which is encoded on the thread that makes the request.</summary>
    /// <param name="text">The text, possibly empty.</param>
    /// <param name="specialTokensAsText">Whether names of special tokens are read as any other text; see <see cref="Vocabulary.ReadingSpecialTokensAsText"/>.</param>
    public static Prompt Of(string text, bool specialTokensAsText = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Prompt(text, null, specialTokensAsText);
    }

    /// <summary>Token ids. An id outside the vocabulary is rejected by the request with an <see cref="InputException"/>.</summary>
    /// <param name="tokens">The ids; they are copied.</param>
    public static Prompt Of(ReadOnlySpan<int> tokens) => new(null, tokens.ToArray(), false);

    /// <summary>The tokens.</summary>
    /// <param name="vocabulary">The vocabulary of the model.</param>
    /// <param name="continues">Whether the text is to be continued, so that its last line is not ended.</param>
    /// <exception cref="InputException">An id is outside the vocabulary.</exception>
    internal EncodedPrompt Encode(Vocabulary vocabulary, bool continues)
    {
        if (_tokens is not null)
        {
            foreach (int id in _tokens)
            {
                Require.That((uint)id < (uint)vocabulary.Count, $"the prompt holds token {id}, but the vocabulary has the tokens 0 to {vocabulary.Count - 1}");
            }

            return new EncodedPrompt(_tokens, vocabulary.UnknownId is { } unknown ? _tokens.LongCount(id => id == unknown) : 0);
        }

        Vocabulary reading = _specialTokensAsText ? vocabulary.ReadingSpecialTokensAsText() : vocabulary;
        TokenEncoder encoder = continues ? reading.CreatePromptEncoder() : reading.CreateEncoder();
        ArrayBufferWriter<int> tokens = new();
        Append(_text!, ByteOrderMark.Skip(vocabulary, encoder), tokens);
        return new EncodedPrompt(tokens.WrittenSpan.ToArray(), encoder.Unknown);
    }

    private static void Append(ReadOnlySpan<char> text, TokenEncoder encoder, ArrayBufferWriter<int> tokens)
    {
        const int Piece = 1 << 12;
        Encoder utf8 = Encoding.UTF8.GetEncoder();
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(Piece + 1)];
        while (!text.IsEmpty)
        {
            int take = Math.Min(text.Length, Piece);
            encoder.Append(bytes.AsSpan(0, utf8.GetBytes(text[..take], bytes, flush: take == text.Length)), tokens);
            text = text[take..];
        }

        encoder.Complete(tokens);
    }
}
