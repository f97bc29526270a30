using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>The beginning of a file, from which its format is guessed.</summary>
internal sealed class FileStart
{
    private const int Bytes = 1 << 17;
    private readonly string _text;

    private FileStart(string text) => _text = text;

    /// <summary>Reads it. Invalid UTF-8 is reported later, when the examples are read.</summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public static FileStart Read(string path)
    {
        try
        {
            using FileStream stream = CheckedTextReader.OpenFile(path);
            byte[] bytes = new byte[Bytes];
            int count = stream.ReadAtLeast(bytes, Bytes, throwOnEndOfStream: false);
            return new FileStart(Encoding.UTF8.GetString(bytes, 0, count).TrimStart('\uFEFF'));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    /// <summary>The first line, or its beginning.</summary>
    public string FirstLine
    {
        get
        {
            int end = _text.IndexOf('\n', StringComparison.Ordinal);
            return (end < 0 ? _text : _text[..end]).TrimEnd('\r');
        }
    }

    /// <summary>The lines that are read to their end; a single line counts as well.</summary>
    public IEnumerable<string> WholeLines
    {
        get
        {
            string[] lines = _text.Split('\n');
            return lines.Take(Math.Max(1, lines.Length - 1)).Select(line => line.TrimEnd('\r'));
        }
    }

    /// <summary>The first character that is no white space; NUL if there is none.</summary>
    public char FirstCharacter => _text.AsSpan().TrimStart() is [var first, ..] ? first : '\0';

    /// <summary>What separates the names in the first line: the most frequent of comma and semicolon.</summary>
    public char Separator() => FirstLine.Count(c => c == ';') > FirstLine.Count(c => c == ',') ? ';' : ',';

    /// <summary>
    /// Whether the first line is a whole JSON object, as in JSON lines. SQuAD's JSON may be one line too, but then no other object follows, and
    /// its members are <c>data</c> and <c>version</c>.
    /// </summary>
    public bool BeginsWithJsonLine
    {
        get
        {
            if (FirstLine.Trim() is not ['{', .., '}'] line)
            {
                return false;
            }

            ReadOnlySpan<char> first = line.AsSpan(1).TrimStart();
            return _text.AsSpan(FirstLine.Length).TrimStart().StartsWith("{") || !(first.StartsWith("\"data\"") || first.StartsWith("\"version\""));
        }
    }

    /// <summary>Whether the file is JSON: a list of objects, or by its name an object or a list.</summary>
    /// <param name="named">Whether the name of the file says so.</param>
    public bool BeginsWithJsonText(bool named) => FirstCharacter switch
    {
        '[' => named || _text.AsSpan().TrimStart()[1..].TrimStart().StartsWith("{"),
        '{' => named,
        _ => false,
    };

    /// <summary>
    /// Whether quotes enclose fields: a field is enclosed, and every quote fits the rules of RFC 4180. Files with tabs are
    /// written both ways, and a text may hold a quote of its own.
    /// </summary>
    public bool HasQuotedFields(char separator)
    {
        bool enclosed = false;
        ReadOnlySpan<char> rest = _text;
        while (!rest.IsEmpty)
        {
            if (rest[0] == '"')
            {
                int end = EndOfQuoted(rest);
                if (end < 0)
                {
                    // The beginning of a file may end inside a field.
                    return enclosed && _text.Length >= Bytes / 4;
                }

                enclosed = true;
                rest = rest[end..].TrimStart('\r');
                if (!rest.IsEmpty && rest[0] != separator && rest[0] != '\n')
                {
                    return false;
                }
            }

            int next = rest.IndexOfAny(separator, '\n');
            ReadOnlySpan<char> field = next < 0 ? rest : rest[..next];
            if (field.Contains('"'))
            {
                return false;
            }

            rest = next < 0 ? [] : rest[(next + 1)..];
        }

        return enclosed;
    }

    private static int EndOfQuoted(ReadOnlySpan<char> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] != '"')
            {
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == '"')
            {
                i++;
                continue;
            }

            return i + 1;
        }

        return -1;
    }
}
