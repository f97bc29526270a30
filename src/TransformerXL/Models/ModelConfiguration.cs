using System.Text.Json.Serialization;
using TransformerXL.Models.Families;
using TransformerXL.Text;

namespace TransformerXL.Models;

/// <summary>
/// The architecture of a language model: everything that its weights depend on. Each family of models has a record of its own with
/// the members that it alone has, such as <see cref="TransformerXLConfiguration"/>; here is what all share. In JSON the member
/// <c>kind</c> says which record it is.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = KindMember)]
[JsonDerivedType(typeof(TransformerXLConfiguration), TransformerXLFamily.KindName)]
[JsonDerivedType(typeof(ShawConfiguration), ShawFamily.KindName)]
[JsonDerivedType(typeof(VaswaniConfiguration), VaswaniFamily.KindName)]
[JsonDerivedType(typeof(AlRfouConfiguration), AlRfouFamily.KindName)]
[JsonDerivedType(typeof(LstmConfiguration), LstmFamily.KindName)]
[JsonDerivedType(typeof(GruConfiguration), GruFamily.KindName)]
[JsonDerivedType(typeof(RnnConfiguration), RnnFamily.KindName)]
[JsonDerivedType(typeof(EncoderConfiguration), EncoderFamily.KindName)]
public abstract record ModelConfiguration
{
    /// <summary>The most tokens that a vocabulary can have.</summary>
    public const int MaxTokens = 10_000_000;

    /// <summary>The member of the JSON that says which family it is.</summary>
    internal const string KindMember = "kind";

    /// <summary>What <see cref="InputException.Member"/> names where a causal model is needed.</summary>
    internal const string CausalMember = "model.isCausal";

    private protected ModelConfiguration()
    {
    }

    /// <summary>V: tokens in the vocabulary.</summary>
    [JsonPropertyOrder(-1)]
    public required int VocabularySize { get; init; }

    /// <summary>N: layers.</summary>
    [JsonPropertyOrder(-1)]
    public int Layers { get; init; } = 4;

    /// <summary>d: hidden size. Even where positions are sinusoids, because half of them are sines and half cosines.</summary>
    [JsonPropertyOrder(-1)]
    public int ModelSize { get; init; } = 256;

    /// <summary>Size of the token embedding, projected to d if it differs. 0 means d.</summary>
    [JsonPropertyOrder(-1)]
    public int EmbeddingSize { get; init; }

    /// <summary>Whether the softmax uses the embedding table as its weight.</summary>
    [JsonPropertyOrder(-1)]
    public bool TieWeights { get; init; } = true;

    /// <summary>
    /// Where the clusters of a large vocabulary begin, rising token ids: the tokens before the first are the most common and
    /// are in the shortlist. Empty for a plain softmax (Grave et al. 2017, "Efficient softmax approximation for GPUs").
    /// </summary>
    [JsonPropertyOrder(-1)]
    public IReadOnlyList<int> Cutoffs { get; init; } = [];

    /// <summary>div_val: the embedding of each further cluster is narrower by this factor (Baevski and Auli 2019); 1 for equal widths.</summary>
    [JsonPropertyOrder(-1)]
    public int EmbeddingDivisor { get; init; } = 1;

    /// <summary>The probability that dropout zeroes a value.</summary>
    [JsonPropertyOrder(-1)]
    public float Dropout { get; init; } = 0.1f;

    /// <summary>Standard deviation of initial weights.</summary>
    [JsonPropertyOrder(-1)]
    public float InitialDeviation { get; init; } = 0.02f;

    /// <summary>Standard deviation of initial projections of embeddings.</summary>
    [JsonPropertyOrder(-1)]
    public float ProjectionDeviation { get; init; } = 0.01f;

    /// <summary>The family of the architecture, which follows from the type of the record.</summary>
    [JsonIgnore]
    public ModelFamily Family => Descriptor;

    /// <summary>
    /// Whether a token's hidden state depends on this token and those before it alone, so that the model predicts the next token. Otherwise it has
    /// read a text in both directions and predicts tokens that were masked, at their own places.
    /// </summary>
    [JsonIgnore]
    public virtual bool IsCausal => true;

    /// <summary>The width of the hidden states that the model gives out: d, or more where both directions give some.</summary>
    [JsonIgnore]
    public virtual int HiddenWidth => ModelSize;

    /// <summary>What LayerNorm adds to the variance.</summary>
    internal virtual float NormEpsilon => 1e-5f;

    /// <summary>Which projections of the softmax are those of the embedding.</summary>
    internal virtual ProjectionTying SharedProjections => ProjectionTying.None;

    /// <summary>The probabilities of dropout that the model is trained with.</summary>
    internal virtual DropoutRates DropoutRates => new(Dropout, 0);

    private protected abstract ModelFamily Descriptor { get; }

    /// <summary>The same configuration with the sizes written out that were left 0.</summary>
    public virtual ModelConfiguration Resolve() => this with { EmbeddingSize = EmbeddingSize == 0 ? ModelSize : EmbeddingSize };

    /// <summary>The same architecture for a vocabulary and for the lengths of training: with rows for all its positions, where it learns them.</summary>
    public ModelConfiguration For(int vocabularySize, ContextConfiguration context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ForLengths(context) with { VocabularySize = vocabularySize };
    }

    /// <summary>The same architecture for a vocabulary and for the lengths of training: with rows for all its positions, and with the vocabulary's special tokens.</summary>
    public ModelConfiguration For(Vocabulary vocabulary, ContextConfiguration context)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return For(vocabulary.Count, context).ForVocabulary(vocabulary);
    }

    /// <summary>The same architecture with what depends on the special tokens of a vocabulary.</summary>
    internal virtual ModelConfiguration ForVocabulary(Vocabulary vocabulary) => this;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public virtual void Validate()
    {
        Require.Present("cutoffs", Cutoffs);
        Require.Between("vocabulary size", VocabularySize, 1, MaxTokens);
        Require.Between("layers", Layers, 1, 1000);
        Require.Between("model size", ModelSize, 2, 65536);
        int embeddingSize = EmbeddingSize == 0 ? ModelSize : EmbeddingSize;
        Require.Between("embedding size", embeddingSize, 1, 65536, nameof(EmbeddingSize));
        ValidateClusters(embeddingSize);
        Require.Probability("dropout", Dropout);
        Require.Positive("initial deviation", InitialDeviation);
        Require.Positive("projection deviation", ProjectionDeviation);
    }

    /// <summary>The same architecture with what depends on the lengths of training.</summary>
    private protected virtual ModelConfiguration ForLengths(ContextConfiguration context) => this;

    private void ValidateClusters(int embeddingSize)
    {
        Require.Between("embedding divisor", EmbeddingDivisor, 1, 16);
        int previous = 0;
        foreach (int cutoff in Cutoffs)
        {
            Require.That(
                cutoff > previous && cutoff < VocabularySize,
                $"cutoff {cutoff} must be above {previous} and below the {(VocabularySize == MaxTokens ? $"{MaxTokens} tokens that a vocabulary may have" : $"vocabulary size {VocabularySize}")}",
                nameof(Cutoffs));
            previous = cutoff;
        }

        Require.That(Cutoffs.Count <= 16, $"{Cutoffs.Count} cutoffs are too many; at most 16 make sense", nameof(Cutoffs));
        Require.That(EmbeddingDivisor == 1 || Cutoffs.Count > 0, $"embedding divisor {EmbeddingDivisor} needs cutoffs, but there are none", nameof(EmbeddingDivisor));
        Require.That(
            new Clusters(this).Width(embeddingSize, Cutoffs.Count) >= 1,
            $"embedding size {embeddingSize} divided by {EmbeddingDivisor} for each of {Cutoffs.Count} cutoffs leaves nothing",
            nameof(EmbeddingDivisor));
    }
}
