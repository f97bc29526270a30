namespace TransformerXL.Models.Families;

/// <summary>Sinusoids of absolute positions, added to the embeddings: Vaswani et al. 2017 (attention type 2 of the reference).</summary>
internal sealed class VaswaniFamily : AttentionFamily
{
    public override ModelKind Kind => ModelKind.Vaswani;

    public override string Name => "vaswani";

    public override bool HasSinusoids => true;

    public override bool DropsAfterPositions => true;

    public override Attention CreateAttention(ModelConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new AbsoluteAttention(configuration, parameters, layer);

    public override SharedParameters CreateShared(ModelConfiguration configuration, ParameterSet parameters) => new();

    public override InputPositions CreatePositions(ModelConfiguration configuration, SharedParameters shared) => new SinusoidPositions(configuration.ModelSize);
}
