using TransformerXL.Text;

namespace TransformerXL.Analysis.Reports;

/// <summary>The tokens of a piece of text: one token, or several tokens that are parts of one character.</summary>
/// <param name="Text">Their text.</param>
/// <param name="First">The index of the first token.</param>
/// <param name="Count">The number of tokens.</param>
internal readonly record struct TextPiece(string Text, int First, int Count)
{
    /// <summary>Splits a text into pieces; tokens that do not form a character give U+FFFD.</summary>
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
