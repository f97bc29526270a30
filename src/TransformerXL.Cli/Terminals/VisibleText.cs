using System.Globalization;
using System.Text;

namespace TransformerXL.Cli.Terminals;

/// <summary>
/// External text (names and contents of files, tokens, texts of servers) made safe for a terminal: control characters,
/// which could move the cursor, change colours or type commands, are made visible.
/// </summary>
internal static class VisibleText
{
    private const char Replacement = '·';

    /// <summary>The text with a symbol for each control character and each character that changes the writing direction; line ends and tabs stay.</summary>
    public static string Of(string text) => Find(text, 0) < 0 ? text : Of(text.AsSpan());

    /// <inheritdoc cref="Of(string)"/>
    public static string Of(ReadOnlySpan<char> text)
    {
        StringBuilder visible = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            visible.Append(IsHidden(text, i) ? Replacement : text[i]);
        }

        return visible.ToString();
    }

    /// <summary>The index of the first character that must be replaced, or -1.</summary>
    public static int Find(ReadOnlySpan<char> text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            if (IsHidden(text, i))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsHidden(ReadOnlySpan<char> text, int index) => text[index] switch
    {
        '\n' or '\t' => false,
        '\r' => index + 1 == text.Length || text[index + 1] != '\n',

        // Embeddings, overrides and isolates, which could reverse a name.
        (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') => true,
        char symbol => char.GetUnicodeCategory(symbol) == UnicodeCategory.Control,
    };
}
