using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Tensors;

namespace TransformerXL.Models.Families;

/// <summary>
/// What the rest of the program knows of an architecture: how a model of it is made, and what it can do. A new architecture is a
/// new folder with a descriptor beside its configuration and layers, entered in <see cref="All"/> and, for JSON, at <see cref="ModelConfiguration"/>;
/// nothing elsewhere asks for a family by name.
/// </summary>
public abstract class ModelFamily
{
    private protected ModelFamily()
    {
    }

    /// <summary>Every architecture.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
        [TransformerXLFamily.Instance, ShawFamily.Instance, VaswaniFamily.Instance, AlRfouFamily.Instance, LstmFamily.Instance, GruFamily.Instance, RnnFamily.Instance, EncoderFamily.Instance];

    /// <summary>The value of <c>kind</c> in files, which never changes, such as <c>TransformerXL</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The name on the command line, such as <c>transformer-xl</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The number of the attention in the reference implementation (<c>attn_type</c>); null where it has no such model.</summary>
    public virtual int? AttentionType => null;

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

    /// <summary>Whether a segment must have all of its rows, because its positions are counted from its end.</summary>
    public virtual bool FillsSegments => HasAttention && !HasRelativePositions;

    /// <summary>Whether inference can compute in int8.</summary>
    public bool SupportsInt8 => KeepsContext;

    /// <summary>The family with a name.</summary>
    /// <param name="name">Its <see cref="Name"/>, such as <c>lstm</c>.</param>
    /// <exception cref="InputException">There is none; the message lists the families.</exception>
    public static ModelFamily Find(string name) => All.FirstOrDefault(family => family.Name == name)
        ?? throw new InputException($"'{name}' is not a family of models; there are: {string.Join(", ", All.Select(family => family.Name))}");

    /// <summary>The family with a number of the reference implementation, see <see cref="AttentionType"/>; null if none has it.</summary>
    internal static ModelFamily? OfAttentionType(int type) => All.FirstOrDefault(family => family.AttentionType == type);

    /// <summary>The family whose configurations are of a type; null if none is.</summary>
    internal static ModelFamily? Of(Type configuration) => All.FirstOrDefault(family => family.CreateConfiguration().GetType() == configuration);

    /// <summary>A configuration of this family with the members of another that it has too; the others have their defaults.</summary>
    internal ModelConfiguration Adopt(ModelConfiguration other) => ModelFolderFiles.Convert(other, Kind);

    /// <summary>The members of this family's configurations as JSON names them, without <c>kind</c>.</summary>
    internal IReadOnlyList<string> Members => ModelFolderFiles.MembersOf(CreateConfiguration().GetType());

    /// <summary>A configuration of nothing but defaults, for a vocabulary that is not known yet.</summary>
    internal abstract ModelConfiguration CreateConfiguration();

    /// <summary>Creates a model.</summary>
    /// <param name="configuration">The architecture, of this family.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="dry">Whether parameters have shapes and roles, but no memory.</param>
    internal abstract LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry);

    /// <summary>An empty state for inference.</summary>
    internal abstract ModelState CreateState(LanguageModel model, Backend backend, InferenceOptions options);

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
