using System.Text;
using Spectre.Console.Rendering;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Screens;

/// <summary>Prepares text of a model or a file for a screen.</summary>
internal static class ScreenText
{
    /// <summary>Replaces control characters, which could move the cursor or worse, by visible ones; line ends and tabs stay.</summary>
    public static string Printable(string text) => VisibleText.Of(text.Replace("\r\n", "\n", StringComparison.Ordinal));

    /// <summary>The name of a token in a text: invisible characters get a symbol.</summary>
    public static string TokenName(string token) => Printable(token.Replace(' ', '␣').Replace('\n', '↵').Replace('\t', '→'));

    /// <summary>Columns that a text takes on a terminal; letters of East Asian scripts and most pictures take two.</summary>
    public static int Columns(string text) => new Segment(text).CellCount();

    /// <summary>The first lines of a text, wrapped at a width, between words if possible.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width, int max = int.MaxValue)
    {
        List<string> lines = [];
        foreach (string line in Printable(text).Replace("\t", "    ", StringComparison.Ordinal).Trim('\n').Split('\n'))
        {
            string rest = line;
            do
            {
                int fits = Fitting(rest, width), blank = fits == rest.Length ? -1 : rest.LastIndexOf(' ', fits);
                int cut = blank <= 0 ? fits : blank;
                lines.Add(rest[..cut]);
                rest = rest[cut..].TrimStart(' ');
                if (lines.Count == max)
                {
                    return lines;
                }
            }
            while (rest.Length > 0);
        }

        return lines;
    }

    /// <summary>
    /// Wraps a line of prose, with the indentation of the first line. A word that is longer than a line, such as a path, is not broken.
    /// </summary>
    public static IEnumerable<string> WrapWords(string line, int width)
    {
        string indent = line[..^line.TrimStart(' ').Length], current = indent;
        foreach (string word in line[indent.Length..].Split(' '))
        {
            bool isEmpty = current.Length == indent.Length;
            if (!isEmpty && Columns(current) + 1 + Columns(word) > width)
            {
                yield return current;
                (current, isEmpty) = (indent, true);
            }

            current += isEmpty ? word : " " + word;
        }

        yield return current;
    }

    /// <summary>One line of at most a width; if it is too long, comma-separated parts in the middle are dropped, because the first and the last are the most important.</summary>
    public static string Fit(string text, int width)
    {
        List<string> parts = [.. text.Split(", ")];
        while (parts.Count > 2 && Columns(string.Join(", ", parts)) > width)
        {
            parts.RemoveAt(parts.Count - 2);
        }

        return Shorten(string.Join(", ", parts), width);
    }

    /// <summary>One line of at most a width.</summary>
    public static string Shorten(string text, int width) => Columns(text) <= width ? text : text[..Fitting(text, Math.Max(1, width - 1))] + "…";

    /// <summary>The number of characters of a line that fit in a number of columns, at least one rune.</summary>
    private static int Fitting(string line, int width)
    {
        int columns = 0, fits = 0;
        foreach (Rune rune in line.EnumerateRunes())
        {
            columns += rune.IsAscii ? 1 : Columns(rune.ToString());
            if (columns > width && fits > 0)
            {
                return fits;
            }

            fits += rune.Utf16SequenceLength;
        }

        return fits;
    }
}
