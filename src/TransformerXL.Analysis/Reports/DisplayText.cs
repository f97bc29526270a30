using System.Text;

namespace TransformerXL.Analysis.Reports;

/// <summary>Prepares text for a page: characters that XML forbids or that are invisible become visible ones.</summary>
internal static class DisplayText
{
    private const char Replacement = '\uFFFD', ControlPictures = '\u2400', DeletePicture = '\u2421';

    /// <summary>The text with control characters as pictures, and U+FFFD for lone surrogates and noncharacters.</summary>
    public static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                clean.Append(c).Append(text[++i]);
            }
            else
            {
                clean.Append(Visible(c));
            }
        }

        return clean.ToString();
    }

    /// <summary>The cleaned text with the five special characters of HTML and XML escaped.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new(Clean(text));
        return escaped.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;").Replace("'", "&#39;").ToString();
    }

    /// <summary>The text up to a maximum number of characters, with an ellipsis for the rest.</summary>
    public static string Shorten(string text, int max) => text.Length <= max ? text : string.Concat(text.AsSpan(0, max - 1), "…");

    /// <summary>The name of a token in a text: invisible characters get a symbol.</summary>
    public static string Name(string token) => token.Replace(' ', '␣').Replace('\n', '↵').Replace('\t', '→');

    private static char Visible(char c) => c switch
    {
        '\t' or '\n' => c,
        < ' ' => (char)(ControlPictures + c),
        '\x7F' => DeletePicture,
        (> '\x7F' and < '\xA0') or '\uFFFE' or '\uFFFF' => Replacement,
        _ => char.IsSurrogate(c) ? Replacement : c,
    };
}
