using TransformerXL.Inference;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models.Families;

/// <summary>Memory and relative positions from sinusoids: Dai et al. 2019, section 3.3 (attention type 0 of the reference).</summary>
internal sealed class TransformerXLFamily : AttentionFamily
{
    public const string KindName = "TransformerXL";

    private TransformerXLFamily()
    {
    }

    public static TransformerXLFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "transformer-xl";

    public override int? AttentionType => 0;

    public override bool KeepsContext => true;

    public override bool HasRelativePositions => true;

    public override bool HasSinusoids => true;

    public override bool ProjectsRelativeRows => true;

    internal override TransformerXLConfiguration CreateConfiguration() => new() { VocabularySize = 0 };

    public override Attention CreateAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer) =>
        new RelativeAttention(configuration, parameters, shared, layer);

    public override SharedParameters CreateShared(AttentionConfiguration configuration, ParameterSet parameters)
    {
        Shape biases = new(configuration.Heads, configuration.HeadSize);
        return ((TransformerXLConfiguration)configuration).UntieBiases ? new SharedParameters() : new SharedParameters
        {
            ContentBias = parameters.Weight("r_w_bias", biases, ParameterRole.Bias),
            PositionBias = parameters.Weight("r_r_bias", biases, ParameterRole.Bias),
        };
    }

    internal override ModelState CreateState(LanguageModel model, Backend backend, InferenceOptions options) =>
        new KeyValueCache((TransformerXLModel)model, backend, options.CacheSizes, options.OwnsModel);
}
