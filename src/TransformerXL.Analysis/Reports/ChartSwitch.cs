namespace TransformerXL.Analysis.Reports;

/// <summary>A choice that the reader of a <see cref="SwitchedChart"/> has.</summary>
/// <param name="Name">The name of the choice: "Unit".</param>
/// <param name="Key">One of the letters of the style sheet: u, a or v.</param>
/// <param name="Choices">The choices, at most <see cref="MaxChoices"/>; the first is the default.</param>
internal sealed record ChartSwitch(string Name, char Key, IReadOnlyList<string> Choices)
{
    /// <summary>The number of choices that the style sheet has rules for.</summary>
    public const int MaxChoices = 5;

    /// <summary>The class of the content that a choice shows.</summary>
    public string Class(int choice) => $"{Key}{choice}";

    /// <summary>The class of the button of a choice.</summary>
    public string ButtonClass(int choice) => $"p{Key}{choice}";
}
