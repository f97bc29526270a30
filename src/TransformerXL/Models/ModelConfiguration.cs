namespace TransformerXL.Models;

/// <summary>The architecture of a Transformer-XL: everything that its weights depend on.</summary>
public sealed record ModelConfiguration
{
    /// <summary>V: tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>N: layers.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>d: hidden size. Even, because half of a position's sinusoids are sines and half cosines.</summary>
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

    /// <summary>Whether the softmax uses the projection of the embedding, where there is one.</summary>
    public bool TieProjections { get; init; }

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

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.Between("vocabulary size", VocabularySize, 1, 10_000_000);
        Require.Between("layers", Layers, 1, 1000);
        Require.Between("model size", ModelSize, 2, 65536);
        Require.That(ModelSize % 2 == 0, $"model size {ModelSize} is odd; half of a position's sinusoids are sines and half cosines");
        Require.Between("heads", Heads, 1, 1024);
        ModelConfiguration resolved = Resolve();
        Require.That(HeadSize > 0 || ModelSize % Heads == 0, $"model size {ModelSize} is not divisible by {Heads} heads; give a head size");
        Require.Between("head size", resolved.HeadSize, 1, 4096);
        Require.Between("inner size", resolved.InnerSize, 1, 1 << 20);
        Require.Between("embedding size", resolved.EmbeddingSize, 1, 65536);
        Require.Probability("dropout", Dropout);
        Require.Probability("attention dropout", AttentionDropout);
        Require.Positive("initial deviation", InitialDeviation);
        Require.Positive("projection deviation", ProjectionDeviation);
    }
}
