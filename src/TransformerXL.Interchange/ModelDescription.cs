using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Interchange;

/// <summary>
/// Hints about a model in addition to its tensors: from a configuration, from the attributes of a pickled model, or from
/// the user. Null means unknown. Hints must agree with the shapes and contents of the tensors.
/// </summary>
public sealed record ModelDescription
{
    /// <summary>The architecture (<c>attn_type</c>).</summary>
    public ModelFamily? Family { get; init; }

    /// <summary>V: tokens in the vocabulary (<c>n_token</c>, <c>vocab_size</c>).</summary>
    public int? VocabularySize { get; init; }

    /// <summary>N: layers (<c>n_layer</c>).</summary>
    public int? Layers { get; init; }

    /// <summary>d: hidden size (<c>d_model</c>).</summary>
    public int? ModelSize { get; init; }

    /// <summary>H: attention heads (<c>n_head</c>).</summary>
    public int? Heads { get; init; }

    /// <summary>d_h: size of a head (<c>d_head</c>).</summary>
    public int? HeadSize { get; init; }

    /// <summary>Inner size of the feed-forward block (<c>d_inner</c>).</summary>
    public int? InnerSize { get; init; }

    /// <summary>Size of the token embedding (<c>d_embed</c>).</summary>
    public int? EmbeddingSize { get; init; }

    /// <summary>Where the clusters of the vocabulary begin (<c>cutoffs</c>).</summary>
    public IReadOnlyList<int>? Cutoffs { get; init; }

    /// <summary>How much narrower each further cluster is (<c>div_val</c>).</summary>
    public int? EmbeddingDivisor { get; init; }

    /// <summary>Whether LayerNorm comes before each block (<c>pre_lnorm</c>); tensors do not determine it.</summary>
    public bool? PreNorm { get; init; }

    /// <summary>Whether a last LayerNorm follows the layers (<c>final_norm</c>).</summary>
    public bool? FinalNorm { get; init; }

    /// <summary>The activation of the feed-forward block (<c>activation</c>); ReLU if null, as in the reference.</summary>
    public FeedForwardActivation? Activation { get; init; }

    /// <summary>Whether the softmax uses the embedding tables (<c>tie_weight</c>).</summary>
    public bool? TieWeights { get; init; }

    /// <summary>Which projections of the softmax are those of the embedding (<c>tie_projs</c>).</summary>
    public ProjectionTying? TieProjections { get; init; }

    /// <summary>Whether each layer has biases u and v of its own (<c>untie_r</c>).</summary>
    public bool? UntieBiases { get; init; }

    /// <summary><c>dropout</c>, for a training that starts from the model.</summary>
    public double? Dropout { get; init; }

    /// <summary><c>dropatt</c>: dropout of attention weights.</summary>
    public double? AttentionDropout { get; init; }

    /// <summary>L: tokens of a segment in training (<c>tgt_len</c>).</summary>
    public int? TargetLength { get; init; }

    /// <summary>M: tokens of memory in training (<c>mem_len</c>).</summary>
    public int? MemoryLength { get; init; }

    /// <summary>Tokens of extended context in training (<c>ext_len</c>); 0 if null.</summary>
    public int? ExtendedLength { get; init; }

    /// <summary>Larger distances are clamped to this one (<c>clamp_len</c>); 0, the default, for no limit.</summary>
    public int? ClampLength { get; init; }

    /// <summary>Whether every position attends to the same number of positions (<c>same_length</c>); false if null.</summary>
    public bool? SameLength { get; init; }

    /// <summary>Whether the model was trained with the reference's errors (<see cref="ContextConfiguration.ReferenceQuirks"/>).</summary>
    public bool? ReferenceQuirks { get; init; }

    /// <summary>These hints; those that are null are taken from <paramref name="other"/>.</summary>
    public ModelDescription Or(ModelDescription other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new ModelDescription
        {
            Family = Family ?? other.Family,
            VocabularySize = VocabularySize ?? other.VocabularySize,
            Layers = Layers ?? other.Layers,
            ModelSize = ModelSize ?? other.ModelSize,
            Heads = Heads ?? other.Heads,
            HeadSize = HeadSize ?? other.HeadSize,
            InnerSize = InnerSize ?? other.InnerSize,
            EmbeddingSize = EmbeddingSize ?? other.EmbeddingSize,
            Cutoffs = Cutoffs ?? other.Cutoffs,
            EmbeddingDivisor = EmbeddingDivisor ?? other.EmbeddingDivisor,
            PreNorm = PreNorm ?? other.PreNorm,
            FinalNorm = FinalNorm ?? other.FinalNorm,
            Activation = Activation ?? other.Activation,
            TieWeights = TieWeights ?? other.TieWeights,
            TieProjections = TieProjections ?? other.TieProjections,
            UntieBiases = UntieBiases ?? other.UntieBiases,
            Dropout = Dropout ?? other.Dropout,
            AttentionDropout = AttentionDropout ?? other.AttentionDropout,
            TargetLength = TargetLength ?? other.TargetLength,
            MemoryLength = MemoryLength ?? other.MemoryLength,
            ExtendedLength = ExtendedLength ?? other.ExtendedLength,
            ClampLength = ClampLength ?? other.ClampLength,
            SameLength = SameLength ?? other.SameLength,
            ReferenceQuirks = ReferenceQuirks ?? other.ReferenceQuirks,
        };
    }

    /// <summary>Reads a JSON file with the names of the reference's options or of Hugging Face; other members are ignored.</summary>
    /// <exception cref="InputException">The file cannot be read, is not a JSON object, or a value has the wrong type.</exception>
    public static ModelDescription Read(string path) => ModelDescriptionJson.Read(path);

    /// <summary>Writes such a file, all or nothing, under the names of the reference.</summary>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream => ModelDescriptionJson.Write(stream, this));

    internal static ModelDescription Of(ModelFolderConfiguration configuration)
    {
        ModelConfiguration model = configuration.Model.Resolve();
        ContextConfiguration context = configuration.Context;
        AttentionConfiguration? attention = model as AttentionConfiguration;
        return new ModelDescription
        {
            Family = model.Family,
            VocabularySize = model.VocabularySize,
            Layers = model.Layers,
            ModelSize = model.ModelSize,
            Heads = attention?.Heads,
            HeadSize = attention?.HeadSize,
            InnerSize = attention?.InnerSize,
            EmbeddingSize = model.EmbeddingSize,
            Cutoffs = model.Cutoffs,
            EmbeddingDivisor = model.EmbeddingDivisor,
            PreNorm = attention?.PreNorm,
            FinalNorm = attention?.FinalNorm,
            Activation = attention?.Activation,
            TieWeights = model.TieWeights,
            TieProjections = model.SharedProjections,
            UntieBiases = attention is null ? null : model is TransformerXLConfiguration { UntieBiases: true },
            Dropout = Tidy(model.Dropout),
            AttentionDropout = attention is null ? null : Tidy(attention.AttentionDropout),
            TargetLength = context.TargetLength,
            MemoryLength = context.MemoryLength,
            ExtendedLength = context.ExtendedLength,
            ClampLength = context.ClampLength,
            SameLength = context.SameLength,
            ReferenceQuirks = context.ReferenceQuirks,
        };
    }

    /// <exception cref="InputException">The model has a value that models of this library do not support.</exception>
    internal static ModelDescription Of(TransfoXLConfiguration configuration)
    {
        const double Epsilon = 1e-5;
        Require.That(
            Math.Abs(configuration.LayerNormEpsilon - Epsilon) <= 1e-12,
            $"layer_norm_epsilon is {configuration.LayerNormEpsilon.ToString(System.Globalization.CultureInfo.InvariantCulture)}, but models here have 1e-05");
        return new ModelDescription
        {
            Family = TransformerXLFamily.Instance,
            VocabularySize = configuration.VocabularySize,
            Layers = configuration.Layers,
            ModelSize = configuration.ModelSize,
            Heads = configuration.Heads,
            HeadSize = configuration.HeadSize,
            InnerSize = configuration.InnerSize,
            EmbeddingSize = configuration.EmbeddingSize,
            Cutoffs = configuration.Cutoffs,
            EmbeddingDivisor = configuration.Cutoffs.Count == 0 ? 1 : configuration.DivisionValue,
            PreNorm = configuration.PreNorm,
            TieWeights = configuration.TieWeights,
            TieProjections = configuration.ShareProjectionsButFirst ? ProjectionTying.AllButFirst : ProjectionTying.None,
            UntieBiases = configuration.UntieBiases,
            Dropout = configuration.Dropout,
            AttentionDropout = configuration.AttentionDropout,
            // The format no longer has it; with relative positions it only decides how text is cut into segments.
            TargetLength = configuration.TargetLength ?? new ContextConfiguration().TargetLength,
            MemoryLength = configuration.MemoryLength,
            ClampLength = Math.Max(0, configuration.ClampLength),
            SameLength = configuration.SameLength && configuration.MemoryLength > 0,
            ReferenceQuirks = false,
        };
    }

    /// <summary>The double of the shortest decimal fraction of a float32, so that 0.1f is written as 0.1.</summary>
    internal static double Tidy(float value) => (double)(decimal)value;
}
