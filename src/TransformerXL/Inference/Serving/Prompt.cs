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
}
