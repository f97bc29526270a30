using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Models.Families;

/// <summary>
/// What the rest of the program knows of an architecture: how a model of it is made, and what it can do. A new architecture is a
/// new descriptor beside its layers, entered in <see cref="All"/>; nothing elsewhere asks for a kind by name.
/// </summary>
public abstract class ModelFamily
{
    private protected ModelFamily()
    {
    }

    /// <summary>Every architecture.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
        [new TransformerXLFamily(), new ShawFamily(), new VaswaniFamily(), new AlRfouFamily(), new LstmFamily()];

    /// <summary>The kind in configurations.</summary>
    public abstract ModelKind Kind { get; }

    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Whether layers attend to earlier tokens; otherwise they pass a state from token to token.</summary>
    public virtual bool HasAttention => true;

    /// <summary>Whether the context that a token sees is limited by a memory length. An LSTM's state stands for all tokens before.</summary>
    public virtual bool HasMemoryLength => true;

    /// <summary>
    /// Whether a token gives the same however the text before it was cut into segments, so that keys and values, or a state, of
    /// earlier tokens can be kept. Not where positions are counted anew in every segment.
    /// </summary>
    public virtual bool KeepsContext => false;

    /// <summary>Whether scores depend on the distance of a key, so that a longer memory than in training can be read.</summary>
    public virtual bool HasRelativePositions => false;

    /// <summary>Whether positions are sinusoids, half of them sines and half cosines.</summary>
    public virtual bool HasSinusoids => false;

    /// <summary>Whether positions are rows of learned tables, one for each position of training.</summary>
    public virtual bool LearnsPositions => false;

    /// <summary>Whether each layer can have biases u and v of its own.</summary>
    public virtual bool CanUntieBiases => false;

    /// <summary>Whether inference can compute in int8.</summary>
    public bool SupportsInt8 => KeepsContext;

    /// <summary>The descriptor of a kind.</summary>
    /// <exception cref="InputException">The kind is not known.</exception>
    public static ModelFamily Of(ModelKind kind) =>
        All.FirstOrDefault(family => family.Kind == kind) ?? throw new InputException($"model kind {(int)kind} is not known; there are {string.Join(", ", All.Select(family => family.Kind))}");

    /// <summary>Creates a model.</summary>
    /// <param name="configuration">The architecture, of this family.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="dry">Whether parameters have shapes and roles, but no memory.</param>
    internal abstract LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry);

    /// <summary>An empty state for inference.</summary>
    internal abstract ModelState CreateState(LanguageModel model, CpuBackend backend, InferenceOptions options);

    /// <summary>Checks what only this family demands of a configuration whose sizes are written out.</summary>
    internal abstract void Validate(ModelConfiguration configuration);

    /// <summary>The width of what enters the first layer.</summary>
    internal virtual int InputWidth(ModelConfiguration configuration) => configuration.ModelSize;

    /// <summary>The factor of embeddings on their way into the first layer.</summary>
    internal virtual float EmbeddingScale(ModelConfiguration configuration) => MathF.Sqrt(configuration.ModelSize);

    /// <summary>Standard deviation of initial embeddings; null for that of other weights.</summary>
    internal virtual float? EmbeddingDeviation => null;

    /// <summary>The width of the rows of the softmax.</summary>
    internal virtual int OutputWidth(ModelConfiguration configuration) => configuration.EmbeddingSize;

    /// <summary>Operations of the layers in a forward pass (<see cref="ModelCost"/>).</summary>
    internal abstract double LayerOperations(ModelConfiguration configuration, int rows, int memoryRows, int streams, bool cachedKeys);
}
