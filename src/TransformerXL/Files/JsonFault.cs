using System.Globalization;
using System.Text;
using System.Text.Json;
using TransformerXL.Text;

namespace TransformerXL.Files;

/// <summary>
/// Says in plain words why a text is not JSON, and where: for users who edit files and do not know the framework, whose messages are about its own types.
/// </summary>
internal static class JsonFault
{
    /// <summary>A clause such as <c>line 3, column 5: a comma is followed by '}'; remove the comma</c>.</summary>
    /// <param name="json">The text that a reader of the framework has rejected.</param>
    /// <param name="options">The options of that reader.</param>
    public static string Describe(ReadOnlySpan<byte> json, JsonDocumentOptions options = default)
    {
        (string where, string what) = Find(json, options);
        return where.Length == 0 ? what : $"{where}: {what}";
    }

    /// <summary>The column, from 1, and the reason, for a text that is a single line.</summary>
    /// <param name="line">The text that a reader of the framework has rejected.</param>
    /// <param name="options">The options of that reader.</param>
    public static (string? Column, string What) DescribeLine(string line, JsonDocumentOptions options = default)
    {
        (string where, string what) = Find(Encoding.UTF8.GetBytes(line), options);
        int column = where.IndexOf("column ", StringComparison.Ordinal);
        return (column < 0 ? null : where[(column + "column ".Length)..], what);
    }

    /// <summary>The reason alone, for a file that is read in parts.</summary>
    /// <param name="rest">The text from the end of the last valid token on.</param>
    /// <param name="exception">The error of the framework.</param>
    /// <param name="line">The line of the first byte of the rest, from 0.</param>
    /// <param name="column">Its position in the line, in bytes from 0.</param>
    /// <param name="depth">The number of open objects and lists.</param>
    public static string DescribeRest(ReadOnlySpan<byte> rest, JsonException exception, long line, long column, int depth)
    {
        long lines = (exception.LineNumber ?? line) - line, position = (exception.BytePositionInLine ?? column) - (lines == 0 ? column : 0);
        return Reason(rest, 0, OffsetOf(rest, lines, Math.Max(0, position)), depth);
    }

    private static (string Where, string What) Find(ReadOnlySpan<byte> json, JsonDocumentOptions options)
    {
        if (json.StartsWith(ByteOrderMark.Utf8))
        {
            json = json[ByteOrderMark.Utf8.Length..];
        }

        if (json.Trim(" \t\r\n"u8).IsEmpty)
        {
            return ("", "it is empty, but must hold JSON");
        }

        JsonReaderOptions reading = new() { MaxDepth = options.MaxDepth, CommentHandling = options.CommentHandling, AllowTrailingCommas = options.AllowTrailingCommas };
        Utf8JsonReader reader = new(json, reading);
        List<HashSet<string>?> names = [];
        int end = 0;
        try
        {
            while (reader.Read())
            {
                if (Repeated(ref reader, names) is { } name && !options.AllowDuplicateProperties)
                {
                    return (Place(json, (int)reader.TokenStartIndex), $"the member '{InputText.Show(name, max: 80)}' occurs twice in one object");
                }

                end = (int)reader.BytesConsumed;
            }

            return ("", "the JSON cannot be read");
        }
        catch (InvalidOperationException)
        {
            return (Place(json, (int)reader.TokenStartIndex), "a string is not valid UTF-8, or escapes half a character");
        }
        catch (JsonException exception)
        {
            int at = OffsetOf(json, exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0);
            bool isTooDeep = names.Count >= Depth(options) && at < json.Length && json[at] is (byte)'{' or (byte)'[';
            return (Place(json, at), isTooDeep ? $"objects and lists are nested more than {Depth(options)} deep" : Reason(json, end, at, names.Count));
        }
    }

    private static int Depth(JsonDocumentOptions options) => options.MaxDepth == 0 ? 64 : options.MaxDepth;

    /// <summary>Decodes the names and strings, and notes the names of each open object.</summary>
    /// <returns>A name that the innermost object has twice; null if there is none.</returns>
    private static string? Repeated(ref Utf8JsonReader reader, List<HashSet<string>?> names)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                names.Add(null);
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                names.RemoveAt(names.Count - 1);
                break;
            case JsonTokenType.PropertyName:
                string name = reader.GetString()!;
                return (names[^1] ??= new HashSet<string>(StringComparer.Ordinal)).Add(name) ? null : name;
            case JsonTokenType.String:
                _ = reader.GetString();
                break;
        }

        return null;
    }

    /// <summary>The framework counts bytes within the line, both from 0.</summary>
    private static int OffsetOf(ReadOnlySpan<byte> json, long line, long position)
    {
        int begin = 0;
        for (; line > 0 && json[begin..].IndexOf((byte)'\n') is >= 0 and var newline; line--)
        {
            begin += newline + 1;
        }

        return (int)Math.Min(json.Length, begin + position);
    }

    /// <summary>Line and column of an editor: both from 1, the column in characters.</summary>
    private static string Place(ReadOnlySpan<byte> json, int offset)
    {
        ReadOnlySpan<byte> before = json[..Math.Min(offset, json.Length)];
        int line = before.Count((byte)'\n') + 1;
        ReadOnlySpan<byte> inLine = before[(before.LastIndexOf((byte)'\n') + 1)..];
        return string.Create(CultureInfo.InvariantCulture, $"line {line}, column {Encoding.UTF8.GetCharCount(inLine) + 1}");
    }

    /// <param name="json">The text.</param>
    /// <param name="end">Where the last valid token ends.</param>
    /// <param name="at">Where the reader has stopped.</param>
    /// <param name="depth">The number of open objects and lists.</param>
    private static string Reason(ReadOnlySpan<byte> json, int end, int at, int depth)
    {
        // A comma or a colon after the last valid token belongs to no token.
        int begin = end;
        while (begin < at && " \t\r\n,:"u8.Contains(json[begin]))
        {
            begin++;
        }

        byte first = begin < json.Length ? json[begin] : (byte)0;
        if (at >= json.Length || (begin == json.Length))
        {
            return "the text ends too early: a bracket, a quotation mark or a value is missing";
        }

        string found = Show(json[at..]);
        if (first == '"' && begin < at)
        {
            bool control = json[at] < ' ';
            return control ? "a string holds a line break or another control character; write it as an escape such as \\n"
                : json[begin..at].Contains((byte)'\\') && IsInString(json[begin..at]) ? "a string holds an escape that JSON does not have; \\\\, \\\", \\n and \\u00e9 are some that it has"
                : $"{found} follows a string; a colon, a comma or a closing bracket is expected";
        }

        if (first is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.')
        {
            return "a number is not written as JSON requires: digits, a point between digits, no zero before other digits";
        }

        byte before = json[..begin].TrimEnd(" \t\r\n"u8) is [.., var last] ? last : (byte)0;
        return first switch
        {
            (byte)'}' or (byte)']' when before == ',' => $"a comma is followed by {found}; remove the comma",
            (byte)'}' or (byte)']' when before == ':' => $"a value is missing before {found}",
            (byte)'}' or (byte)']' => $"{found} closes nothing that is open here",
            (byte)'\'' => "strings and names need double quotation marks",
            _ when depth == 0 && end > 0 => $"{found} follows the end of the JSON; one value is expected",
            _ when before is not ((byte)':' or (byte)',' or (byte)'{' or (byte)'[' or 0) => $"{found} follows a value; a comma or a closing bracket is expected",
            _ => $"{found} is not the beginning of a value or of a name; strings and names need double quotation marks, and other words are true, false and null",
        };
    }

    private static bool IsInString(ReadOnlySpan<byte> text)
    {
        int i = 1;
        for (; i < text.Length && text[i] != '"'; i++)
        {
            i += text[i] == '\\' ? 1 : 0;
        }

        return i >= text.Length;
    }

    private static string Show(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out Rune rune, out _);
        return rune == Rune.ReplacementChar ? string.Create(CultureInfo.InvariantCulture, $"byte 0x{text[0]:x2}") : $"'{InputText.Show(rune.ToString())}'";
    }
}
