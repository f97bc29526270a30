namespace TransformerXL.Analysis.Reports;

/// <summary>A choice that the reader of a <see cref="SwitchedChart"/> has.</summary>
/// <param name="Name">What is chosen: "Unit".</param>
/// <param name="Key">One of the letters of the style sheet: u, a or v.</param>
/// <param name="Choices">What there is to choose from, at most <see cref="MaxChoices"/>; the first is chosen at first.</param>
internal sealed record ChartSwitch(string Name, char Key, IReadOnlyList<string> Choices)
{
    /// <summary>The style sheet has rules for so many.</summary>
    public const int MaxChoices = 5;

    /// <summary>The class of what is shown for a choice.</summary>
    public string Class(int choice) => $"{Key}{choice}";

    /// <summary>The class of the button of a choice.</summary>
    public string ButtonClass(int choice) => $"p{Key}{choice}";
}
