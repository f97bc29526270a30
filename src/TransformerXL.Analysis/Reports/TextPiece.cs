using TransformerXL.Text;

namespace TransformerXL.Analysis.Reports;

/// <summary>The tokens that belong to a piece of text: one, or the parts of a character together, which are no text alone.</summary>
/// <param name="Text">What they stand for.</param>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
internal readonly record struct TextPiece(string Text, int First, int Count)
{
    /// <summary>Pieces of a text; tokens that form no character give U+FFFD.</summary>
    public static List<TextPiece> Of(ReadOnlySpan<int> tokens, Vocabulary vocabulary)
    {
        TokenDecoder decoder = vocabulary.CreateDecoder();
        List<TextPiece> pieces = [];
        int first = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            if (decoder.Append(tokens[i]) is { Length: > 0 } text)
            {
                pieces.Add(new TextPiece(text, first, i + 1 - first));
                first = i + 1;
            }
        }

        string rest = decoder.Flush();
        if (first < tokens.Length)
        {
            pieces.Add(new TextPiece(rest, first, tokens.Length - first));
        }

        return pieces;
    }
}
