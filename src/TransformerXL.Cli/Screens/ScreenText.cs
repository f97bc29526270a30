using System.Text;

namespace TransformerXL.Cli.Screens;

/// <summary>Text of a model or a file on a screen.</summary>
internal static class ScreenText
{
    private const char Replacement = '·';

    /// <summary>Makes control characters visible, which could move the cursor or worse; line ends and tabs stay.</summary>
    public static string Printable(string text)
    {
        StringBuilder printable = new(text.Length);
        foreach (char symbol in text)
        {
            printable.Append(char.IsControl(symbol) && symbol is not ('\n' or '\t') ? Replacement : symbol);
        }

        return printable.ToString();
    }

    /// <summary>The name of a token among text: what has no shape of its own gets a sign.</summary>
    public static string TokenName(string token) => Printable(token.Replace(' ', '␣').Replace('\n', '↵').Replace('\t', '→'));

    /// <summary>The first lines of a text, broken at a width between words where there are any.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width, int most)
    {
        List<string> lines = [];
        foreach (string line in Printable(text).Replace("\t", "    ", StringComparison.Ordinal).Trim('\n').Split('\n'))
        {
            string rest = line;
            do
            {
                int cut = rest.Length <= width ? rest.Length : rest.LastIndexOf(' ', width);
                cut = cut <= 0 ? Math.Min(width, rest.Length) : cut;
                lines.Add(rest[..cut]);
                rest = rest[cut..].TrimStart(' ');
                if (lines.Count == most)
                {
                    return lines;
                }
            }
            while (rest.Length > 0);
        }

        return lines;
    }

    /// <summary>One line of at most a width.</summary>
    public static string Shorten(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + "…";
}
