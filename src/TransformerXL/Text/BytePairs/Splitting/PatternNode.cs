namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>A node of a parsed pattern.</summary>
internal abstract record PatternNode
{
    /// <summary>One character of a set.</summary>
    public sealed record Character(CharacterSet Set) : PatternNode;

    /// <summary>A sequence of parts; empty for the empty text.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>One of several parts; an earlier one is preferred.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>A repeated part; <paramref name="Maximum"/> is -1 for no limit.</summary>
    public sealed record Repeat(PatternNode Part, int Minimum, int Maximum, RepeatKind Kind) : PatternNode;

    /// <summary>A condition on the next character: that it is in a set, or that it is not (or there is none).</summary>
    public sealed record Lookahead(CharacterSet Set, bool IsNegative) : PatternNode;
}

/// <summary>The kind of a repetition.</summary>
internal enum RepeatKind
{
    /// <summary>As many as possible.</summary>
    Greedy,

    /// <summary>As few as possible.</summary>
    Lazy,

    /// <summary>As many as possible, without backtracking.</summary>
    Possessive,
}
