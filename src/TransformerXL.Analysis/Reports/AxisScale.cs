namespace TransformerXL.Analysis.Reports;

/// <summary>The scale of an axis.</summary>
internal enum AxisScale
{
    /// <summary>Linear: equal differences have equal lengths.</summary>
    Linear,

    /// <summary>Logarithmic: equal ratios have equal lengths; only positive values can be shown.</summary>
    Logarithmic,
}
