using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>Writes elements that are always closed and texts that are always escaped, so that a page is also well-formed XML.</summary>
internal sealed class MarkupWriter(TextWriter writer)
{
    private readonly Stack<string> _open = new();
    private int _ids;

    /// <summary>An id that is unique in the page.</summary>
    public string NewId() => string.Create(CultureInfo.InvariantCulture, $"e{++_ids}");

    /// <summary>Begins an element; attributes with a null value are omitted.</summary>
    public MarkupWriter Open(string element, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Tag(element, attributes);
        writer.Write('>');
        _open.Push(element);
        return this;
    }

    /// <summary>Ends the last element that was begun.</summary>
    public MarkupWriter Close()
    {
        writer.Write("</");
        writer.Write(_open.Pop());
        writer.Write('>');
        return this;
    }

    /// <summary>An empty element.</summary>
    public MarkupWriter Empty(string element, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Tag(element, attributes);
        writer.Write("/>");
        return this;
    }

    /// <summary>An element with a text.</summary>
    public MarkupWriter Element(string element, string text, params ReadOnlySpan<(string Name, string? Value)> attributes) =>
        Open(element, attributes).Text(text).Close();

    /// <summary>A text.</summary>
    public MarkupWriter Text(string text)
    {
        writer.Write(DisplayText.Escape(text));
        return this;
    }

    /// <summary>A line break in the file, which is not visible on the page.</summary>
    public MarkupWriter Line()
    {
        writer.Write('\n');
        return this;
    }

    /// <summary>The page's own style or script, which must not contain characters that need escaping.</summary>
    public MarkupWriter OwnCode(string code)
    {
        if (code.AsSpan().ContainsAny('<', '&'))
        {
            throw new ArgumentException("code in a page must not contain < or &", nameof(code));
        }

        writer.Write(code);
        return this;
    }

    /// <summary>A coordinate: two decimals are finer than any screen.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A fraction as a percentage for CSS and SVG.</summary>
    public static string Percent(double share) => Number(100 * share) + "%";

    private void Tag(string element, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        writer.Write('<');
        writer.Write(element);
        foreach ((string name, string? value) in attributes)
        {
            if (value is not null)
            {
                writer.Write($" {name}=\"{DisplayText.Escape(value)}\"");
            }
        }
    }
}
