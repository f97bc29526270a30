using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>The parameters that belong to no single layer, in the order of the reference; each kind has some of them.</summary>
internal sealed class SharedParameters
{
    public SharedParameters(ModelConfiguration configuration, ParameterSet parameters)
    {
        int layers = configuration.Layers, rows = configuration.PositionRows, heads = configuration.Heads, size = configuration.HeadSize;
        if (configuration.LearnsPositions)
        {
            PositionRows = parameters.Weight("r_emb", new Shape(layers, rows, heads, size), ParameterRole.Embedding);
        }

        if (configuration.Kind == ModelKind.Shaw)
        {
            ContentBias = parameters.Weight("r_w_bias", new Shape(layers, heads, size), ParameterRole.Bias);
            DistanceBias = parameters.Weight("r_bias", new Shape(layers, rows, heads), ParameterRole.Bias);
        }

        if (configuration is { Kind: ModelKind.TransformerXL, UntieBiases: false })
        {
            ContentBias = parameters.Weight("r_w_bias", new Shape(heads, size), ParameterRole.Bias);
            PositionBias = parameters.Weight("r_r_bias", new Shape(heads, size), ParameterRole.Bias);
        }
    }

    /// <summary>u: (H, d_h), or for each layer (N, H, d_h) with learned distances.</summary>
    public Parameter? ContentBias { get; }

    /// <summary>v: (H, d_h).</summary>
    public Parameter? PositionBias { get; }

    /// <summary>A row for each distance or position in each layer, the farthest first: (N, rows, H, d_h).</summary>
    public Parameter? PositionRows { get; }

    /// <summary>A bias for each distance in each layer, the farthest first: (N, rows, H).</summary>
    public Parameter? DistanceBias { get; }
}
