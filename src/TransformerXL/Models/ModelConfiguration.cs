using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>The architecture of a language model: everything that its weights depend on.</summary>
public sealed record ModelConfiguration
{
    /// <summary>The most tokens that a vocabulary can have.</summary>
    public const int MaxTokens = 10_000_000;

    /// <summary>V: tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The architecture.</summary>
    public ModelKind Kind { get; init; } = ModelKind.TransformerXL;

    /// <summary>N: layers.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>d: hidden size. Even where positions are sinusoids, because half of them are sines and half cosines.</summary>
    public int ModelSize { get; init; } = 256;

    /// <summary>H: attention heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>d_h: size of a head; heads times size need not be the hidden size. 0 means d / H.</summary>
    public int HeadSize { get; init; }

    /// <summary>Inner size of the feed-forward block. 0 means 4 d.</summary>
    public int InnerSize { get; init; }

    /// <summary>Size of the token embedding, projected to d if it differs. 0 means d.</summary>
    public int EmbeddingSize { get; init; }

    /// <summary>Whether LayerNorm stands before each block instead of after the residual sum.</summary>
    public bool PreNorm { get; init; }

    /// <summary>Whether the softmax uses the embedding table as its weight.</summary>
    public bool TieWeights { get; init; } = true;

    /// <summary>Which projections of the softmax are those of the embedding, where there are any.</summary>
    public ProjectionTying TieProjections { get; init; }

    /// <summary>
    /// Where the clusters of a large vocabulary begin, rising token ids: the tokens before the first are the most common and
    /// stand in the shortlist. Empty for a plain softmax (Grave et al. 2017, "Efficient softmax approximation for GPUs").
    /// </summary>
    public IReadOnlyList<int> Cutoffs { get; init; } = [];

    /// <summary>div_val: the embedding of each further cluster is narrower by this factor (Baevski and Auli 2019); 1 for equal widths.</summary>
    public int EmbeddingDivisor { get; init; } = 1;

    /// <summary>Whether each layer has biases u and v of its own (<c>untie_r</c>) instead of sharing one pair.</summary>
    public bool UntieBiases { get; init; }

    /// <summary>Whether a last LayerNorm follows the layers where LayerNorm stands before each block; the reference has none.</summary>
    public bool FinalNorm { get; init; }

    /// <summary>The activation of the feed-forward block.</summary>
    public FeedForwardActivation Activation { get; init; } = FeedForwardActivation.Relu;

    /// <summary>Rows of learned position tables: the sum of target, extended and memory length of training. Farther positions look like the farthest row.</summary>
    public int PositionRows { get; init; }

    /// <summary>The probability that dropout zeroes a value.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>The probability that dropout zeroes an attention weight.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>Standard deviation of initial weights.</summary>
    public float InitialDeviation { get; init; } = 0.02f;

    /// <summary>Standard deviation of initial projections of embeddings.</summary>
    public float ProjectionDeviation { get; init; } = 0.01f;

    /// <summary>The same configuration with the sizes written out that were left 0.</summary>
    public ModelConfiguration Resolve() => this with
    {
        HeadSize = HeadSize == 0 && Heads > 0 ? ModelSize / Heads : HeadSize,
        InnerSize = InnerSize == 0 ? 4 * ModelSize : InnerSize,
        EmbeddingSize = EmbeddingSize == 0 ? ModelSize : EmbeddingSize,
    };

    /// <summary>The same architecture for a vocabulary and for the lengths of training: with rows for all its positions.</summary>
    public ModelConfiguration For(int vocabularySize, ContextConfiguration context) => this with
    {
        VocabularySize = vocabularySize,
        PositionRows = Family.LearnsPositions ? context.TargetLength + context.ExtendedLength + context.MemoryLength : 0,
    };

    /// <summary>What the rest of the program knows of the architecture.</summary>
    internal ModelFamily Family => ModelFamily.Of(Kind);

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.Known("kind", Kind);
        Require.Known("activation", Activation);
        Require.Known("tied projections", TieProjections);
        Require.Present("cutoffs", Cutoffs);
        Require.Between("vocabulary size", VocabularySize, 1, MaxTokens);
        Require.Between("layers", Layers, 1, 1000);
        Require.Between("model size", ModelSize, 2, 65536);
        Require.That(!Family.HasSinusoids || ModelSize % 2 == 0, $"model size {ModelSize} is odd; half of a position's sinusoids are sines and half cosines", nameof(ModelSize));
        ModelConfiguration resolved = Resolve();
        Require.Between("embedding size", resolved.EmbeddingSize, 1, 65536);
        Family.Validate(this);
        ValidateClusters(resolved);
        Require.Probability("dropout", Dropout);
        Require.Probability("attention dropout", AttentionDropout);
        Require.Positive("initial deviation", InitialDeviation);
        Require.Positive("projection deviation", ProjectionDeviation);
    }

    private void ValidateClusters(ModelConfiguration resolved)
    {
        Require.Between("embedding divisor", EmbeddingDivisor, 1, 16);
        int previous = 0;
        foreach (int cutoff in Cutoffs)
        {
            Require.That(
                cutoff > previous && cutoff < VocabularySize,
                $"cutoff {cutoff} must be above {previous} and below the vocabulary size {VocabularySize}",
                nameof(Cutoffs));
            previous = cutoff;
        }

        Require.That(Cutoffs.Count <= 16, $"{Cutoffs.Count} cutoffs are too many; at most 16 make sense", nameof(Cutoffs));
        Require.That(EmbeddingDivisor == 1 || Cutoffs.Count > 0, $"embedding divisor {EmbeddingDivisor} needs cutoffs, but there are none", nameof(EmbeddingDivisor));
        Require.That(
            new Clusters(this).Width(resolved.EmbeddingSize, Cutoffs.Count) >= 1,
            $"embedding size {resolved.EmbeddingSize} divided by {EmbeddingDivisor} for each of {Cutoffs.Count} cutoffs leaves nothing",
            nameof(EmbeddingDivisor));
    }
}
