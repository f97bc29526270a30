using TransformerXL.Inference;
using TransformerXL.Tensors;

namespace TransformerXL.Models.Families;

/// <summary>Architectures of layers of attention and feed-forward blocks, which differ in how positions enter.</summary>
internal abstract class AttentionFamily : ModelFamily
{
    /// <summary>The attention of a layer.</summary>
    public abstract Attention CreateAttention(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int layer);

    /// <summary>The parameters that belong to no single layer, in the order of the reference implementation.</summary>
    public abstract SharedParameters CreateShared(AttentionConfiguration configuration, ParameterSet parameters);

    /// <summary>Positions that are added to what enters a layer, or null.</summary>
    public virtual InputPositions? CreatePositions(AttentionConfiguration configuration, SharedParameters shared) => null;

    /// <summary>Whether rows for distances are projected in each layer.</summary>
    public virtual bool ProjectsRelativeRows => false;

    /// <summary>Whether dropout follows the addition of positions instead of the embedding.</summary>
    public virtual bool DropsAfterPositions => false;

    internal abstract override AttentionConfiguration CreateConfiguration();

    internal override LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry) => new TransformerXLModel((AttentionConfiguration)configuration, seed, dry);

    internal override ModelState CreateState(LanguageModel model, Backend backend, InferenceOptions options) => options.Recurrent
        ? new HiddenMemory(model.Configuration.Layers, options.MemoryLength, options.Streams, model.Configuration.ModelSize, options.SharedQueries)
        : new TokenWindow(options.MemoryLength, options.Streams, model.Configuration.VocabularySize);

    internal override double LayerOperations(ModelConfiguration configuration, int rows, int memoryRows, int streams, bool cachedKeys)
    {
        AttentionConfiguration c = (AttentionConfiguration)configuration;
        double tokens = (double)rows * streams;
        return c.Layers * (AttentionOperations(c, rows, memoryRows, streams, cachedKeys) + (2.0 * c.ModelSize * (c.InnerWidth + c.InnerSize) * tokens));
    }

    private double AttentionOperations(AttentionConfiguration c, int rows, int memoryRows, int streams, bool cachedKeys)
    {
        double d = c.ModelSize, heads = (double)c.Heads * c.HeadSize, tokens = (double)rows * streams;
        double keys = cachedKeys ? tokens : (double)(rows + memoryRows) * streams;
        double visible = memoryRows + ((rows + 1) / 2.0);
        double projections = 2 * d * heads * ((2 * tokens) + (2 * keys));
        double relative = ProjectsRelativeRows && !cachedKeys ? 2 * d * heads * (rows + memoryRows) : 0;
        int products = HasRelativePositions ? 3 : 2;
        return projections + relative + (products * 2 * heads * visible * tokens);
    }
}
