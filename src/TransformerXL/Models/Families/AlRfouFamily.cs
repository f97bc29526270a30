using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models.Families;

/// <summary>Learned absolute positions, added in each layer: Al-Rfou et al. 2018 (attention type 3 of the reference).</summary>
internal sealed class AlRfouFamily : AttentionFamily
{
    public override ModelKind Kind => ModelKind.AlRfou;

    public override string Name => "al-rfou";

    public override bool LearnsPositions => true;

    public override Attention CreateAttention(ModelConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new AbsoluteAttention(configuration, parameters, layer);

    public override SharedParameters CreateShared(ModelConfiguration configuration, ParameterSet parameters) => new()
    {
        PositionRows = parameters.Weight(
            "r_emb", new Shape(configuration.Layers, configuration.PositionRows, configuration.Heads, configuration.HeadSize), ParameterRole.Embedding),
    };

    public override InputPositions CreatePositions(ModelConfiguration configuration, SharedParameters shared) =>
        new LearnedPositions(shared.PositionRows!, configuration.ModelSize);

    internal override void Validate(ModelConfiguration configuration)
    {
        base.Validate(configuration);
        int heads = configuration.Heads, size = configuration.Resolve().HeadSize;
        Require.That(
            heads * size == configuration.ModelSize,
            $"{heads} heads of {size} are not the model size {configuration.ModelSize}, as learned positions in every layer need",
            nameof(configuration.HeadSize));
    }
}
