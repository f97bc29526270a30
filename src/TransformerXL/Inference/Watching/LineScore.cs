namespace TransformerXL.Inference.Watching;

/// <summary>How well a line was predicted from all that was read before it.</summary>
public sealed record LineScore
{
    /// <summary>The number of the line, from 1.</summary>
    public required long Line { get; init; }

    /// <summary>The part of a line longer than <see cref="WatchOptions.MaxLineBytes"/>, from 0.</summary>
    public int Part { get; init; }

    /// <summary>Its text without the end of the line.</summary>
    public required string Text { get; init; }

    /// <summary>Characters (code points), that of the end of the line included.</summary>
    public required int Characters { get; init; }

    /// <summary>-log2 of its probability.</summary>
    public required double Bits { get; init; }

    /// <summary><see cref="Bits"/> divided by <see cref="Characters"/>.</summary>
    public double BitsPerCharacter => Bits / Characters;

    /// <summary>The quantile of bits per character of the lines before it, within 1 %; null during the warm-up and for a line that is not judged.</summary>
    public double? Threshold { get; init; }

    /// <summary>Whether it stands out.</summary>
    public bool StandsOut => BitsPerCharacter > Threshold;
}
