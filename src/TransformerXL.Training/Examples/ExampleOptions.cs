using TransformerXL.Labels;

namespace TransformerXL.Training.Examples;

/// <summary>How a file of examples is read. What is null is found by the file's name and content.</summary>
public sealed record ExampleOptions
{
    /// <summary>The most characters of one text that any file may have.</summary>
    public const int MaxTextCharacters = 1 << 28;

    /// <summary>The format.</summary>
    public ExampleFormat? Format { get; init; }

    /// <summary>The column, or member of JSON, with the text.</summary>
    public string? TextColumn { get; init; }

    /// <summary>The column with the second text of a pair.</summary>
    public string? SecondTextColumn { get; init; }

    /// <summary>The column with the label.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>The column with the name of an example.</summary>
    public string? IdColumn { get; init; }

    /// <summary>What a label is.</summary>
    public LabelKind? Labels { get; init; }

    /// <summary>What separates several labels in one field of a table, such as a comma. Labels are then <see cref="LabelKind.Several"/>.</summary>
    public string? LabelSeparator { get; init; }

    /// <summary>The column of the words in CoNLL files, from 1; -1 is the last.</summary>
    public int? WordColumn { get; init; }

    /// <summary>The column of the tags in CoNLL files, from 1; -1 is the last.</summary>
    public int? TagColumn { get; init; }

    /// <summary>The scheme that the tags must follow.</summary>
    public TagScheme? Scheme { get; init; }

    /// <summary>Whether quotes enclose fields of a table.</summary>
    public bool? Quotes { get; init; }

    /// <summary>Whether every example must have its answer, as for training.</summary>
    public bool RequiresLabels { get; init; }

    /// <summary>Whether labels, tags and answers are left unread, as for predictions: they may be missing or wrong then.</summary>
    internal bool IgnoresLabels { get; init; }

    /// <summary>The most characters of one text; a longer one is an error.</summary>
    public int MaxText { get; init; } = 1 << 26;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        RequireName("text column", TextColumn, nameof(TextColumn));
        RequireName("second text column", SecondTextColumn, nameof(SecondTextColumn));
        RequireName("label column", LabelColumn, nameof(LabelColumn));
        RequireName("id column", IdColumn, nameof(IdColumn));
        RequireName("label separator", LabelSeparator, nameof(LabelSeparator));
        RequireColumn("word column", WordColumn, nameof(WordColumn));
        RequireColumn("tag column", TagColumn, nameof(TagColumn));
        Require.That(LabelSeparator is null || Labels is null or LabelKind.Several, $"the label separator is '{LabelSeparator}', but labels are {Labels}; a separator is for several labels", nameof(LabelSeparator));
        Require.That(WordColumn is null || WordColumn != TagColumn, $"the word column is {WordColumn}, and so is the tag column; they must differ", nameof(TagColumn));
        Require.Between("max text", MaxText, 1, MaxTextCharacters);
        if (Format is { } format)
        {
            Require.Known("format", format, nameof(Format));
        }

        if (Labels is { } labels)
        {
            Require.Known("labels", labels, nameof(Labels));
        }

        if (Scheme is { } scheme)
        {
            Require.Known("scheme", scheme, nameof(Scheme));
        }
    }

    private static void RequireName(string name, string? value, string member) =>
        Require.That(value is null || value.Length > 0, $"the {name} is empty, but must have a name", member);

    private static void RequireColumn(string name, int? value, string member) =>
        Require.That(value is null or -1 or (>= 1 and <= 1000), $"the {name} is {value}, but must be from 1 to 1000, or -1 for the last", member);
}
