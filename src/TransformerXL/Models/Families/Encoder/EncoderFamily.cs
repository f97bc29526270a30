using TransformerXL.Inference;
using TransformerXL.Tensors;

namespace TransformerXL.Models.Families;

/// <summary>Attention in both directions: the Transformer encoder (Vaswani et al. 2017; Devlin et al. 2019).</summary>
internal sealed class EncoderFamily : ModelFamily
{
    public const string KindName = "Encoder";

    private EncoderFamily()
    {
    }

    public static EncoderFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "encoder";

    public override bool FillsSegments => false;

    internal override EncoderConfiguration CreateConfiguration() => new() { VocabularySize = 0 };

    internal override LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry) => new EncoderModel((EncoderConfiguration)configuration, seed, dry);

    internal override ModelState CreateState(LanguageModel model, Backend backend, InferenceOptions options) => model.CreateState(options.MemoryLength, options.Streams);

    internal override float EmbeddingScale(ModelConfiguration configuration) =>
        ((EncoderConfiguration)configuration).Positions == EncoderPositions.Sinusoidal ? base.EmbeddingScale(configuration) : 1;

    internal override double LayerOperations(ModelConfiguration configuration, int rows, int memoryRows, int streams, bool cachedKeys)
    {
        EncoderConfiguration c = (EncoderConfiguration)configuration;
        double d = c.ModelSize, width = (double)c.Heads * c.HeadSize, tokens = (double)rows * streams, keys = rows + (double)memoryRows;
        bool isRelative = c.Positions == EncoderPositions.Relative;
        double projections = (2 * d * width * 2 * (tokens + (keys * streams))) + (isRelative ? 2 * d * width * (keys + rows) : 0);
        double scores = (isRelative ? 3 : 2) * 2 * width * keys * tokens;
        double transform = c.OmitsPredictionTransform ? 0 : 2 * d * d * tokens;
        return (c.Layers * (projections + scores + (2 * d * (c.InnerWidth + c.InnerSize) * tokens))) + transform;
    }
}
