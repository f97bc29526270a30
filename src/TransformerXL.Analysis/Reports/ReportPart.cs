namespace TransformerXL.Analysis.Reports;

/// <summary>A part of an <see cref="HtmlPage"/>.</summary>
internal abstract record ReportPart
{
    private protected ReportPart()
    {
    }

    /// <summary>Writes the part.</summary>
    internal abstract void Write(MarkupWriter markup);
}
