namespace TransformerXL.Compression.Container;

/// <summary>Which contexts a predictor mixes. The numbers are a part of the format.</summary>
internal enum ContextSet : byte
{
    /// <summary>The orders 1 to 6 and words, for speed.</summary>
    Few = 0,

    /// <summary>The contexts of the standard profile.</summary>
    All = 1,

    /// <summary>Those of <see cref="Mixing.Many.ManyContexts"/>: what earlier versions wrote for size.</summary>
    Many = 2,

    /// <summary>Those of <see cref="Mixing.Many.ManyContexts"/> and of <see cref="Mixing.Many.ProseContexts"/>, for size.</summary>
    Most = 3,
}
