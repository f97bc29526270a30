namespace TransformerXL.Analysis.Reports;

/// <summary>Something that stands on an <see cref="HtmlPage"/>.</summary>
public abstract record ReportPart
{
    private protected ReportPart()
    {
    }

    /// <summary>Writes it.</summary>
    internal abstract void Write(MarkupWriter markup);
}
