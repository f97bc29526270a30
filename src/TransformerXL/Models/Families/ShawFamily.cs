using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models.Families;

/// <summary>A learned row and bias for each distance, in each layer: Shaw et al. 2018 (attention type 1 of the reference).</summary>
internal sealed class ShawFamily : AttentionFamily
{
    public override ModelKind Kind => ModelKind.Shaw;

    public override string Name => "shaw";

    public override bool HasRelativePositions => true;

    public override bool LearnsPositions => true;

    public override Attention CreateAttention(ModelConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new LearnedRelativeAttention(configuration, parameters, shared, layer);

    public override SharedParameters CreateShared(ModelConfiguration configuration, ParameterSet parameters)
    {
        int layers = configuration.Layers, rows = configuration.PositionRows, heads = configuration.Heads, size = configuration.HeadSize;
        return new SharedParameters
        {
            PositionRows = parameters.Weight("r_emb", new Shape(layers, rows, heads, size), ParameterRole.Embedding),
            ContentBias = parameters.Weight("r_w_bias", new Shape(layers, heads, size), ParameterRole.Bias),
            DistanceBias = parameters.Weight("r_bias", new Shape(layers, rows, heads), ParameterRole.Bias),
        };
    }
}
