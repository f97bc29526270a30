namespace TransformerXL.Models.Families;

/// <summary>Sinusoids of absolute positions, added to the embeddings: Vaswani et al. 2017 (attention type 2 of the reference).</summary>
internal sealed class VaswaniFamily : AttentionFamily
{
    public const string KindName = "Vaswani";

    private VaswaniFamily()
    {
    }

    public static VaswaniFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "vaswani";

    public override int? AttentionType => 2;

    public override bool HasSinusoids => true;

    public override bool DropsAfterPositions => true;

    internal override VaswaniConfiguration CreateConfiguration() => new() { VocabularySize = 0 };

    public override Attention CreateAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new AbsoluteAttention(configuration, parameters, layer);

    public override SharedParameters CreateShared(AttentionConfiguration configuration, ParameterSet parameters) => new();

    public override InputPositions CreatePositions(AttentionConfiguration configuration, SharedParameters shared) => new SinusoidPositions(configuration.ModelSize);
}
