using TransformerXL.Inference;
using TransformerXL.Tensors;

namespace TransformerXL.Models.Families;

/// <summary>Layers of long short-term memory, state carried from segment to segment (Hochreiter and Schmidhuber 1997).</summary>
internal sealed class LstmFamily : ModelFamily
{
    public const string KindName = "Lstm";

    private LstmFamily()
    {
    }

    public static LstmFamily Instance { get; } = new();

    public override string Kind => KindName;

    public override string Name => "lstm";

    public override bool HasAttention => false;

    public override bool HasMemoryLength => false;

    public override bool KeepsContext => true;

    // An LSTM does not scale embeddings up on their way in: with those of a Transformer it learns nothing for hundreds of steps.
    internal override float? EmbeddingDeviation => 0.1f;

    internal override LstmConfiguration CreateConfiguration() => new() { VocabularySize = 0 };

    internal override LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry) => new LstmModel((LstmConfiguration)configuration, seed, dry);

    internal override ModelState CreateState(LanguageModel model, Backend backend, InferenceOptions options) =>
        model.CreateState(options.MemoryLength, options.Streams);

    internal override int InputWidth(ModelConfiguration configuration) => configuration.EmbeddingSize;

    internal override float EmbeddingScale(ModelConfiguration configuration) => 1;

    internal override int OutputWidth(ModelConfiguration configuration) => configuration.TieWeights ? configuration.EmbeddingSize : configuration.ModelSize;

    /// <summary>Four gates from input and state.</summary>
    internal override double LayerOperations(ModelConfiguration configuration, int rows, int memoryRows, int streams, bool cachedKeys) =>
        2.0 * 4 * configuration.ModelSize * (configuration.EmbeddingSize + configuration.ModelSize + ((configuration.Layers - 1.0) * 2 * configuration.ModelSize))
        * rows * streams;
}
