namespace TransformerXL.Training.Examples.Reading;

/// <summary>How a file of the GLUE benchmark is laid out. All have tabs and no quoting.</summary>
/// <param name="Name">The task, such as <c>CoLA</c>.</param>
/// <param name="Columns">Columns that identify its files; null where a file has no header.</param>
/// <param name="Text">The column of the text.</param>
/// <param name="Second">The column of the second text; null for a single text.</param>
/// <param name="Label">The column of the label.</param>
/// <param name="Labels">What the label is.</param>
internal sealed record GlueLayout(string Name, string[]? Columns, string Text, string? Second, string Label, LabelKind Labels = LabelKind.One)
{
    /// <summary>The columns of CoLA's files, which have no header.</summary>
    public static IReadOnlyList<string> ColaColumns { get; } = ["source", "label", "original", "sentence"];

    private static readonly GlueLayout[] All =
    [
        new("MRPC", ["#1 ID", "#2 ID", "#1 String", "#2 String"], "#1 String", "#2 String", "Quality"),
        new("QQP", ["question1", "question2"], "question1", "question2", "is_duplicate"),
        new("STS-B", ["genre", "filename", "sentence1", "sentence2"], "sentence1", "sentence2", "score", LabelKind.Number),
        new("MNLI", ["promptID", "pairID", "genre", "sentence1", "sentence2"], "sentence1", "sentence2", "gold_label"),
        new("QNLI", ["index", "question", "sentence"], "question", "sentence", "label"),
        new("RTE or WNLI", ["index", "sentence1", "sentence2"], "sentence1", "sentence2", "label"),
        new("SST-2", ["sentence", "label"], "sentence", null, "label"),
        new("CoLA or SST-2", ["index", "sentence"], "sentence", null, "label"),
    ];

    private static GlueLayout Cola { get; } = new("CoLA", null, "sentence", null, "label");

    /// <summary>Whether rows with too few fields are left out, as every reader of QQP's official file does.</summary>
    public bool SkipsShortRows => Name == "QQP";

    /// <summary>The layout of a file whose first line is known; null if it is none of GLUE.</summary>
    public static GlueLayout? Find(string firstLine)
    {
        string[] fields = firstLine.TrimEnd('\r').Split('\t');
        return fields is [_, "0" or "1", "" or "*", { Length: > 0 }] ? Cola
            : fields.Length < 2 ? null
            : All.FirstOrDefault(layout => layout.Columns!.All(column => fields.Contains(column, StringComparer.Ordinal)) && layout.HasNoOtherText(fields));
    }

    /// <summary>A file of one's own may have columns of the same names and more; official ones have known columns only.</summary>
    private bool HasNoOtherText(string[] fields) => Name is "MNLI" or "STS-B" or "MRPC"
        || fields.All(field => Columns!.Contains(field, StringComparer.Ordinal) || field == Label || field is "index" or "id" or "qid1" or "qid2");
}
