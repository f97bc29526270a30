using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models.Families;

/// <summary>Learned absolute positions, added in each layer: Al-Rfou et al. 2018 (attention type 3 of the reference).</summary>
internal sealed class AlRfouFamily : AttentionFamily
{
    public const string KindName = "AlRfou";

    private AlRfouFamily()
    {
    }

    public static AlRfouFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "al-rfou";

    public override int? AttentionType => 3;

    public override bool LearnsPositions => true;

    internal override AlRfouConfiguration CreateConfiguration() => new() { VocabularySize = 0 };

    public override Attention CreateAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new AbsoluteAttention(configuration, parameters, layer);

    public override SharedParameters CreateShared(AttentionConfiguration configuration, ParameterSet parameters) => new()
    {
        PositionRows = parameters.Weight(
            "r_emb", new Shape(configuration.Layers, ((LearnedPositionsConfiguration)configuration).PositionRows, configuration.Heads, configuration.HeadSize), ParameterRole.Embedding),
    };

    public override InputPositions CreatePositions(AttentionConfiguration configuration, SharedParameters shared) =>
        new LearnedPositions(shared.PositionRows!, configuration.ModelSize);
}
