namespace TransformerXL.Analysis.Reports;

/// <summary>A part of an <see cref="HtmlPage"/> with a heading.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Parts">The contents; side by side if the page is wide.</param>
internal sealed record ReportSection(string Title, IReadOnlyList<ReportPart> Parts);
