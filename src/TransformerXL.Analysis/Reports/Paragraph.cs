namespace TransformerXL.Analysis.Reports;

/// <summary>A paragraph of text.</summary>
/// <param name="Text">The text.</param>
internal sealed record Paragraph(string Text) : ReportPart
{
    internal override void Write(MarkupWriter markup) => markup.Line().Element("p", Text);
}
