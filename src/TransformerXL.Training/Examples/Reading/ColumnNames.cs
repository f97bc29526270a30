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
    public static bool HasText(IReadOnlyList<string> columns) => First(columns, Texts) is not null || PairOf(columns, Match).First is not null;

    /// <summary>A pair of columns of which only one is there; null if there is none.</summary>
    public static (string Present, string Missing)? HalfOfPair(IReadOnlyList<string> columns)
    {
        foreach ((string first, string second) in Pairs)
        {
            (string? one, string? other) = (Match(columns, first), Match(columns, second));
            if (one is null != other is null)
            {
                return one is not null ? (one, second) : (other!, first);
            }
        }

        return null;
    }

    /// <summary>Whether a column has a name under which labels are found.</summary>
    public static bool HasLabel(IReadOnlyList<string> columns) => First(columns, AllLabels) is not null;

    /// <summary>The column of a name: the one that is called so, or the only one that differs in case alone; null if there is none.</summary>
    public static string? Match(IReadOnlyList<string> columns, string name) =>
        Exact(columns, name) ?? (columns.Where(column => column.Equals(name, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal).ToArray() is [var only] ? only : null);

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
            (text, second) = PairOf(columns, Exact);
            text ??= Texts.FirstOrDefault(name => Exact(columns, name) is not null);
            if (text is null)
            {
                (text, second) = PairOf(columns, Match);
            }
        }

        text ??= First(columns, Texts, second)
            ?? throw place.Fault($"no column of texts is found; name one of: {TableFile.Names(columns)}", "task.examples.textColumn");
        string? label = options.IgnoresLabels ? null : Named(place, columns, options.LabelColumn, "label", "labelColumn") ?? First(columns, AllLabels, text, second);
        if (label is null && options.RequiresLabels)
        {
            throw place.Fault($"no column of labels is found; name one of: {TableFile.Names([.. columns.Where(name => name != text && name != second)])}", "task.examples.labelColumn");
        }

        string? id = Named(place, columns, options.IdColumn, "id", "idColumn") ?? First(columns, Ids, text, second, label);
        return new ColumnNames(text, second, label, id);
    }

    private static string? Named(ExamplePlace place, IReadOnlyList<string> columns, string? name, string what, string member)
    {
        if (name is null)
        {
            return null;
        }

        if (Match(columns, name) is { } found)
        {
            return found;
        }

        IReadOnlyList<string> near = NameSuggestions.Find(name, columns, 1);
        string suggestion = near.Count > 0 ? $"; did you mean '{InputText.Show(near[0])}'?" : "";
        throw place.Fault($"there is no column '{InputText.Show(name)}' for the {what}; the columns are {TableFile.Names(columns)}{suggestion}", "task.examples." + member);
    }

    /// <summary>The first of some names that a column has, exact names before those that differ in case.</summary>
    private static string? First(IReadOnlyList<string> columns, string[] names, params string?[] taken) =>
        names.Select(name => Exact(columns, name)).Concat(names.Select(name => Match(columns, name))).FirstOrDefault(name => name is not null && !taken.Contains(name));

    private static (string? First, string? Second) PairOf(IReadOnlyList<string> columns, Func<IReadOnlyList<string>, string, string?> find) =>
        Pairs.Select(pair => (First: find(columns, pair.First), Second: find(columns, pair.Second))).FirstOrDefault(pair => pair is { First: not null, Second: not null });

    private static string? Exact(IReadOnlyList<string> columns, string name) => columns.Contains(name, StringComparer.Ordinal) ? name : null;
}
