using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>The parameters that belong to no single layer; each family of models has some of them.</summary>
internal sealed class SharedParameters
{
    /// <summary>u: (H, d_h), or for each layer (N, H, d_h) with learned distances.</summary>
    public Parameter? ContentBias { get; init; }

    /// <summary>v: (H, d_h).</summary>
    public Parameter? PositionBias { get; init; }

    /// <summary>A row for each distance or position in each layer, the farthest first: (N, rows, H, d_h).</summary>
    public Parameter? PositionRows { get; init; }

    /// <summary>A bias for each distance in each layer, the farthest first: (N, rows, H).</summary>
    public Parameter? DistanceBias { get; init; }
}
