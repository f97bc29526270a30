namespace TransformerXL.Analysis.Reports;

/// <summary>A text with its line breaks; collapsed unless it is open.</summary>
/// <param name="Title">The title.</param>
/// <param name="Text">The text.</param>
/// <param name="IsOpen">Whether it is expanded at first.</param>
internal sealed record TextSample(string Title, string Text, bool IsOpen) : ReportPart
{
    internal override void Write(MarkupWriter markup) =>
        markup.Line().Open("details", ("class", "sample"), ("open", IsOpen ? "open" : null)).Element("summary", Title).Element("pre", Text, ("dir", "auto")).Close().Line();
}
