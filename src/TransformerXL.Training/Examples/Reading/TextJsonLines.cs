using System.Text.Json;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Texts with labels as JSON lines.</summary>
internal static class TextJsonLines
{
    /// <summary>Opens a file; its first object says which members are read.</summary>
    public static ExampleSource<TextExample> Open(string path, ExampleOptions options)
    {
        ColumnNames? names = null;
        LabelKind kind = options.Labels ?? LabelKind.One;
        foreach ((ExamplePlace place, JsonElement first) in JsonObjectLines.Read(path, options.MaxText).Take(1))
        {
            names = ColumnNames.Find(place, JsonObjectLines.Names(first), options);
            kind = options.Labels ?? (options.LabelSeparator is null ? KindOf(first, names.Label) : LabelKind.Several);
        }

        return new ExampleSource<TextExample>(path, ExampleFormat.JsonLines, "JSON lines", () => names is null ? [] : Read(path, names, kind, options)) { Labels = kind };
    }

    private static LabelKind KindOf(JsonElement first, string? label) =>
        label is null || !first.TryGetProperty(label, out JsonElement value) ? LabelKind.One
        : value.ValueKind == JsonValueKind.Array ? LabelKind.Several
        : value.ValueKind == JsonValueKind.Number && (label == "score" || !value.TryGetInt64(out _)) ? LabelKind.Number
        : LabelKind.One;

    private static IEnumerable<TextExample> Read(string path, ColumnNames names, LabelKind kind, ExampleOptions options)
    {
        foreach ((ExamplePlace place, JsonElement line) in JsonObjectLines.Read(path, options.MaxText))
        {
            yield return Read(place, line, names, kind, options);
        }
    }

    private static TextExample Read(ExamplePlace place, JsonElement line, ColumnNames names, LabelKind kind, ExampleOptions options)
    {
        string Text(string name)
        {
            place.Require(line.TryGetProperty(name, out JsonElement value), $"the object has no member '{Files.InputText.Show(name)}', which the others have their text in");
            return TextCheck.Text(place.At(name), JsonObjectLines.Text(place.At(name), value), options.MaxText);
        }

        TextExample example = new() { Place = place, Text = Text(names.Text), SecondText = names.Second is null ? null : Text(names.Second), Id = Id(place, line, names.Id), HasNumberedId = HasNumberedId(line, names.Id) };
        if (names.Label is not null && line.TryGetProperty(names.Label, out JsonElement label) && label.ValueKind != JsonValueKind.Null)
        {
            return WithLabel(example, place.At(names.Label), label, kind, options.LabelSeparator);
        }

        place.Require(!options.RequiresLabels, $"the object has no label in '{Files.InputText.Show(names.Label)}'; give the example a label, or leave it out");
        return example;
    }

    private static TextExample WithLabel(TextExample example, ExamplePlace place, JsonElement label, LabelKind kind, string? separator)
    {
        if (kind == LabelKind.Number)
        {
            return example with { Number = TextCheck.Number(place, label.ValueKind == JsonValueKind.String ? JsonObjectLines.Text(place, label) : label.GetRawText()) };
        }

        if (kind == LabelKind.Several)
        {
            string[] labels = separator is not null && label.ValueKind != JsonValueKind.Array
                ? JsonObjectLines.LabelText(place, label).Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                : [.. JsonObjectLines.Items(place, label).Select(item => Label(place, item))];
            return example with { Labels = TextTable.Several(place, labels), HasNoLabelOfSeveral = labels.Length == 0 };
        }

        place.Require(label.ValueKind != JsonValueKind.Array, "the label is a list, but the others are one label; say that there are several labels", "task.examples.labels", "several");
        return example with { Labels = [Label(place, label)] };
    }

    private static string Label(ExamplePlace place, JsonElement value)
    {
        string label = TextCheck.Label(place, JsonObjectLines.LabelText(place, value));
        place.Require(label.Length > 0, "the label is empty; give the example a label, or leave it out");
        return label;
    }

    /// <summary>The name of an example; null if it has none.</summary>
    internal static string? Id(ExamplePlace place, JsonElement line, string? name) =>
        name is null || !line.TryGetProperty(name, out JsonElement id) || id.ValueKind == JsonValueKind.Null ? null
        : id.ValueKind == JsonValueKind.String ? JsonObjectLines.Text(place.At(name), id) : id.GetRawText();

    /// <summary>Whether the name of an example is a number, and not a string.</summary>
    internal static bool HasNumberedId(JsonElement line, string? name) => name is not null && line.TryGetProperty(name, out JsonElement id) && id.ValueKind == JsonValueKind.Number;
}
