using nietras.SeparatedValues;
using TransformerXL.Files;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>
/// The rows of a table. The package Sep splits them; this class checks what it leaves to its callers: UTF-8, quotes (a stray one would
/// join lines), the number of fields, and lengths.
/// </summary>
internal sealed class TableFile
{
    private readonly string _path;
    private readonly TableLayout _layout;
    private readonly int _longest;

    /// <exception cref="InputException">The file cannot be read, or has no first line.</exception>
    public TableFile(string path, TableLayout layout, int longest)
    {
        (_path, _layout, _longest) = (path, layout, longest);
        Columns = layout.Columns ?? ReadHeader();
    }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The rows after the header.</summary>
    /// <param name="wanted">The columns to return, by index.</param>
    /// <exception cref="InputException">A row is wrong; the message names line and column.</exception>
    public IEnumerable<TableRow> Read(int[] wanted)
    {
        using SepReader reader = Open();
        for (bool header = _layout.Columns is null; Advance(reader);)
        {
            if (header)
            {
                header = false;
                continue;
            }

            SepReader.Row row = reader.Current;
            if (row.ColCount == 1 && Columns.Count > 1 && row[0].Span.IsWhiteSpace())
            {
                continue;
            }

            ExamplePlace place = new(_path, row.LineNumberFrom);
            if (row.ColCount < Columns.Count && _layout.SkipsShortRows)
            {
                continue;
            }

            CheckQuotes(place, row);
            place.Require(
                row.ColCount == Columns.Count,
                $"the line has {Counted.Of(row.ColCount, "field")}, but the {(_layout.Columns is null ? "first line" : "format")} has {Columns.Count}: {Names(Columns)}{Advice}");
            string[] fields = new string[wanted.Length];
            for (int i = 0; i < wanted.Length; i++)
            {
                fields[i] = Field(place.At(Columns[wanted[i]]), row[wanted[i]].Span);
            }

            yield return new TableRow(place, fields);
        }
    }

    /// <summary>Column names for a message.</summary>
    public static string Names(IReadOnlyList<string> columns)
    {
        const int Shown = 20;
        return string.Join(", ", columns.Take(Shown).Select(column => $"'{InputText.Show(column)}'")) + (columns.Count > Shown ? ", ..." : "");
    }

    private string Advice => _layout.Quotes
        ? "; enclose fields that hold a separator or a line break in quotes"
        : "; a field must hold no separator and no line break, because quotes are read as text here";

    private SepReader Open()
    {
        CheckedTextReader text = CheckedTextReader.Open(_path);
        return new Sep(_layout.Separator).Reader(options => options with
        {
            HasHeader = false,
            DisableColCountCheck = true,
            DisableQuotesParsing = !_layout.Quotes,
            Unescape = false,
        }).From(text);
    }

    private string[] ReadHeader()
    {
        using SepReader reader = Open();
        Require.That(Advance(reader), $"'{_path}' is empty; its first line must name the columns");
        SepReader.Row row = reader.Current;
        string[] names = new string[row.ColCount];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Field(new ExamplePlace(_path, 1, $"{i + 1}"), row[i].Span).Trim();
        }

        string? repeated = names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1 && group.Key.Length > 0)?.Key;
        Require.That(repeated is null, $"'{_path}', line 1: two columns are named '{InputText.Show(repeated)}', but names must differ");
        return names;
    }

    private bool Advance(SepReader reader)
    {
        try
        {
            return reader.MoveNext();
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"'{_path}': a row is longer than the 16,777,216 characters that a row may have; a quote that opens a field may not be closed", exception);
        }
    }

    /// <summary>A stray quote joins fields and lines, so it is looked for before the fields are counted.</summary>
    private void CheckQuotes(ExamplePlace place, SepReader.Row row)
    {
        if (!_layout.Quotes || !row.Span.Contains('"'))
        {
            return;
        }

        for (int i = 0; i < row.ColCount; i++)
        {
            ReadOnlySpan<char> field = row[i].Span;
            if (!field.Contains('"') || IsWellQuoted(field))
            {
                continue;
            }

            string column = i < Columns.Count ? Columns[i] : $"{i + 1}";
            throw place.At(column).Fault(field[0] == '"'
                ? $"the field begins with a quote that is not closed before the separator: {InputText.Show(field, 60)}; a quote inside a quoted field must be doubled"
                : $"a quote is inside a field without quotes: {InputText.Show(field, 60)}; enclose the field in quotes and double the quotes inside");
        }
    }

    private static bool IsWellQuoted(ReadOnlySpan<char> field)
    {
        if (field.Length < 2 || field[0] != '"' || field[^1] != '"')
        {
            return false;
        }

        field = field[1..^1];
        for (int quote; (quote = field.IndexOf('"')) >= 0; field = field[(quote + 2)..])
        {
            if (quote + 1 == field.Length || field[quote + 1] != '"')
            {
                return false;
            }
        }

        return true;
    }

    private string Field(ExamplePlace place, ReadOnlySpan<char> field)
    {
        place.Require(field.Length <= (2L * _longest) + 2, $"the field has {field.Length} characters, but a text may have at most {_longest}; divide it, or allow longer ones");
        return _layout.Quotes && field is ['"', .., '"'] ? field[1..^1].ToString().Replace("\"\"", "\"", StringComparison.Ordinal) : field.ToString();
    }
}
