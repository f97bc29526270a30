using TransformerXL.Files;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Which columns of a table, or members of JSON objects, hold text, label and name.</summary>
/// <param name="Text">The text.</param>
/// <param name="Second">The second text of a pair; null if there is none.</param>
/// <param name="Label">The label; null if there is none.</param>
/// <param name="Id">The name; null if there is none.</param>
internal sealed record ColumnNames(string Text, string? Second, string? Label, string? Id)
{
    private static readonly (string First, string Second)[] Pairs =
    [
        ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"), ("question", "sentence"), ("text_a", "text_b"), ("text1", "text2"), ("text", "text2"), ("#1 String", "#2 String"),
    ];

    private static readonly string[] Texts = ["text", "sentence", "content", "document", "review", "message", "comment", "body"];
    private static readonly string[] AllLabels = ["label", "labels", "gold_label", "class", "category", "sentiment", "target", "is_duplicate", "Quality", "score"];
    private static readonly string[] Ids = ["id", "index"];

    /// <summary>Whether a column has a name under which a text is found.</summary>
    public static bool HasText(IReadOnlyList<string> columns) => Texts.Any(name => Has(columns, name)) || Pairs.Any(pair => Has(columns, pair.First) && Has(columns, pair.Second));

    /// <summary>A pair of columns of which only one is there; null if there is none.</summary>
    public static (string Present, string Missing)? HalfOfPair(IReadOnlyList<string> columns)
    {
        foreach ((string first, string second) in Pairs)
        {
            if (Has(columns, first) != Has(columns, second))
            {
                return Has(columns, first) ? (first, second) : (second, first);
            }
        }

        return null;
    }

    /// <summary>Whether a column has a name under which labels are found.</summary>
    public static bool HasLabel(IReadOnlyList<string> columns) => AllLabels.Any(name => Has(columns, name));

    /// <summary>Finds the columns; those that are named must exist.</summary>
    /// <param name="place">The line with the names.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="options">What is named.</param>
    /// <exception cref="InputException">A named column is missing, or no text (or required label) is found.</exception>
    public static ColumnNames Find(ExamplePlace place, IReadOnlyList<string> columns, ExampleOptions options)
    {
        string? second = Named(place, columns, options.SecondTextColumn, "second text", "secondTextColumn");
        string? text = Named(place, columns, options.TextColumn, "text", "textColumn");
        if (text is null && second is null)
        {
            (text, second) = Pairs.FirstOrDefault(pair => Has(columns, pair.First) && Has(columns, pair.Second));
        }

        text ??= Texts.FirstOrDefault(name => name != second && Has(columns, name))
            ?? throw place.Fault($"no column of texts is found; name one of: {TableFile.Names(columns)}", "task.examples.textColumn");
        string? label = options.IgnoresLabels ? null : Named(place, columns, options.LabelColumn, "label", "labelColumn") ?? AllLabels.FirstOrDefault(name => name != text && name != second && Has(columns, name));
        if (label is null && options.RequiresLabels)
        {
            throw place.Fault($"no column of labels is found; name one of: {TableFile.Names([.. columns.Where(name => name != text && name != second)])}", "task.examples.labelColumn");
        }

        string? id = Named(place, columns, options.IdColumn, "id", "idColumn") ?? Ids.FirstOrDefault(name => name != text && name != second && name != label && Has(columns, name));
        return new ColumnNames(text, second, label, id);
    }

    private static string? Named(ExamplePlace place, IReadOnlyList<string> columns, string? name, string what, string member)
    {
        if (name is null || Has(columns, name))
        {
            return name;
        }

        IReadOnlyList<string> near = NameSuggestions.Find(name, columns, 1);
        string suggestion = near.Count > 0 ? $"; did you mean '{InputText.Show(near[0])}'?" : "";
        throw place.Fault($"there is no column '{InputText.Show(name)}' for the {what}; the columns are {TableFile.Names(columns)}{suggestion}", "task.examples." + member);
    }

    private static bool Has(IReadOnlyList<string> columns, string name) => columns.Contains(name, StringComparer.Ordinal);
}
