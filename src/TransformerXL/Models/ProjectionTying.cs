namespace TransformerXL.Models;

/// <summary>Which projections of the softmax are the projections of the embedding.</summary>
public enum ProjectionTying
{
    /// <summary>None: each has its own weights.</summary>
    None,

    /// <summary>Those of all clusters but the shortlist (as the reference trains on WikiText-103).</summary>
    AllButFirst,

    /// <summary>All.</summary>
    All,
}
