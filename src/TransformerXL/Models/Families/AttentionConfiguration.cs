namespace TransformerXL.Models;

/// <summary>What the architectures of attention and feed-forward blocks share. They differ in how positions enter.</summary>
public abstract record AttentionConfiguration : ModelConfiguration
{
    private protected AttentionConfiguration()
    {
    }

    /// <summary>H: attention heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>d_h: size of a head; heads times size need not be the hidden size. 0 means d / H.</summary>
    public int HeadSize { get; init; }

    /// <summary>
    /// Inner size of the feed-forward block. 0 means 4 d; 8/3 d, rounded up to a multiple of 8, where the activation is gated, which has three
    /// matrices instead of two and then about as many parameters.
    /// </summary>
    public int InnerSize { get; init; }

    /// <summary>Whether LayerNorm stands before each block instead of after the residual sum.</summary>
    public bool PreNorm { get; init; }

    /// <summary>Whether a last LayerNorm follows the layers where LayerNorm stands before each block; the reference has none.</summary>
    public bool FinalNorm { get; init; }

    /// <summary>The activation of the feed-forward block.</summary>
    public FeedForwardActivation Activation { get; init; } = FeedForwardActivation.Relu;

    /// <summary>Which projections of the softmax are those of the embedding, where there are any.</summary>
    public ProjectionTying TieProjections { get; init; }

    /// <summary>The probability that dropout zeroes an attention weight.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>Whether the feed-forward block multiplies two linear maps of its input.</summary>
    internal bool IsGated => Activation is FeedForwardActivation.SwiGlu or FeedForwardActivation.GeGlu;

    /// <summary>Values of a row before the activation of the feed-forward block: the inner size, twice where it is gated.</summary>
    internal int InnerWidth => (IsGated ? 2 : 1) * InnerSize;

    internal override ProjectionTying SharedProjections => TieProjections;

    internal override DropoutRates DropoutRates => new(Dropout, AttentionDropout);

    /// <inheritdoc/>
    public override AttentionConfiguration Resolve() => (AttentionConfiguration)base.Resolve() with
    {
        HeadSize = HeadSize == 0 && Heads > 0 ? ModelSize / Heads : HeadSize,
        InnerSize = InnerSize != 0 ? InnerSize : IsGated ? ((8 * ModelSize) + 23) / 24 * 8 : 4 * ModelSize,
    };

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Known("activation", Activation);
        Require.Known("tied projections", TieProjections);
        base.Validate();
        Require.That(!Family.HasSinusoids || ModelSize % 2 == 0, $"model size {ModelSize} is odd; half of a position's sinusoids are sines and half cosines", nameof(ModelSize));
        Require.Between("heads", Heads, 1, 1024);
        Require.That(
            HeadSize > 0 || ModelSize % Heads == 0,
            $"model size {ModelSize} is not divisible by {Heads} heads; give a head size",
            nameof(Heads));
        AttentionConfiguration resolved = Resolve();
        Require.Between("head size", resolved.HeadSize, 1, 4096);
        Require.Between("inner size", resolved.InnerSize, 1, 1 << 20);
        Require.That(!FinalNorm || PreNorm, "a final LayerNorm belongs to a model with LayerNorm before each block", nameof(FinalNorm));
        Require.Probability("attention dropout", AttentionDropout);
    }
}
