using TransformerXL.Inference;
using TransformerXL.Tensors;

namespace TransformerXL.Models.Families;

/// <summary>Layers of cells whose state is carried from segment to segment.</summary>
internal abstract class RecurrentFamily : ModelFamily
{
    private protected RecurrentFamily()
    {
    }

    public override bool HasAttention => false;

    public override bool HasMemoryLength => false;

    public override bool KeepsContext => true;

    // A recurrent layer does not scale embeddings up on their way in: with those of a Transformer it learns nothing for hundreds of steps.
    internal override float? EmbeddingDeviation => 0.1f;

    internal override LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry) => new RecurrentModel((RecurrentConfiguration)configuration, seed, dry);

    internal override ModelState CreateState(LanguageModel model, Backend backend, InferenceOptions options) =>
        model.CreateState(options.MemoryLength, options.Streams);

    internal override int InputWidth(ModelConfiguration configuration) => configuration.EmbeddingSize;

    internal override float EmbeddingScale(ModelConfiguration configuration) => 1;

    internal override int OutputWidth(ModelConfiguration configuration) => configuration.TieWeights ? configuration.EmbeddingSize : configuration.HiddenWidth;

    /// <summary>The gates of each direction, from input and state, and the projection of the state.</summary>
    internal override double LayerOperations(ModelConfiguration configuration, int rows, int memoryRows, int streams, bool cachedKeys)
    {
        RecurrentConfiguration recurrent = (RecurrentConfiguration)configuration;
        double size = recurrent.ModelSize, state = recurrent.StateWidth, inputs = recurrent.EmbeddingSize + state + ((recurrent.Layers - 1.0) * (recurrent.HiddenWidth + state));
        double projections = recurrent is LstmConfiguration { ProjectionSize: > 0 } ? recurrent.Layers * size * state : 0;
        return 2.0 * ((recurrent.Gates * size * inputs) + projections) * recurrent.Directions * rows * streams;
    }
}
