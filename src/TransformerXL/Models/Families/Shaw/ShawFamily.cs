using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models.Families;

/// <summary>A learned row and bias for each distance, in each layer: Shaw et al. 2018 (attention type 1 of the reference).</summary>
internal sealed class ShawFamily : AttentionFamily
{
    public const string KindName = "Shaw";

    private ShawFamily()
    {
    }

    public static ShawFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "shaw";

    public override int? AttentionType => 1;

    public override bool HasRelativePositions => true;

    public override bool LearnsPositions => true;

    internal override ShawConfiguration CreateConfiguration() => new() { VocabularySize = 0 };

    public override Attention CreateAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new LearnedRelativeAttention(configuration, parameters, shared, layer);

    public override SharedParameters CreateShared(AttentionConfiguration configuration, ParameterSet parameters)
    {
        int layers = configuration.Layers, rows = ((LearnedPositionsConfiguration)configuration).PositionRows, heads = configuration.Heads, size = configuration.HeadSize;
        return new SharedParameters
        {
            PositionRows = parameters.Weight("r_emb", new Shape(layers, rows, heads, size), ParameterRole.Embedding),
            ContentBias = parameters.Weight("r_w_bias", new Shape(layers, heads, size), ParameterRole.Bias),
            DistanceBias = parameters.Weight("r_bias", new Shape(layers, rows, heads), ParameterRole.Bias),
        };
    }
}
