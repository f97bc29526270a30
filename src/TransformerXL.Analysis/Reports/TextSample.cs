namespace TransformerXL.Analysis.Reports;

/// <summary>A text as it is, with its line breaks; folded up unless it is open.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Text">The text.</param>
/// <param name="IsOpen">Whether it is to be seen at once.</param>
public sealed record TextSample(string Title, string Text, bool IsOpen) : ReportPart
{
    internal override void Write(MarkupWriter markup) =>
        markup.Line().Open("details", ("class", "sample"), ("open", IsOpen ? "open" : null)).Element("summary", Title).Element("pre", Text, ("dir", "auto")).Close().Line();
}
