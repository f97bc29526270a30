namespace TransformerXL.Models;

/// <summary>How much text a model sees at once and remembers, in tokens. It may be chosen anew for each use of the same weights.</summary>
public sealed record ContextConfiguration
{
    /// <summary>L: tokens that are predicted in one segment.</summary>
    public int TargetLength { get; init; } = 128;

    /// <summary>M: tokens whose hidden states are kept from earlier segments; 0 for none.</summary>
    public int MemoryLength { get; init; } = 128;

    /// <summary>Tokens before the targets that are computed again with each segment ("extended context").</summary>
    public int ExtendedLength { get; init; }

    /// <summary>Distances beyond this look like this one; 0 for no limit.</summary>
    public int ClampLength { get; init; }

    /// <summary>Whether every position attends to exactly <see cref="MemoryLength"/> positions, itself included.</summary>
    public bool SameLength { get; init; }

    /// <summary>
    /// Whether what the reference implementation does by mistake is done too: with an extended context its memory update takes
    /// the lengths of segment and memory for each other; absolute positions (attention types 2 and 3) are added to the memory
    /// again with every segment; and their queries are not normalised with pre-norm.
    /// </summary>
    public bool ReferenceQuirks { get; init; }

    /// <summary>The maximum of each length.</summary>
    internal const int MaxLength = 1 << 20;

    /// <summary>The farthest distance at which a key is seen.</summary>
    internal int MaxDistance => SameLength ? MemoryLength - 1 : int.MaxValue;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("target length", TargetLength, 1, MaxLength);
        Require.Between("memory length", MemoryLength, 0, MaxLength);
        Require.Between("extended length", ExtendedLength, 0, MaxLength);
        Require.Between("clamp length", ClampLength, 0, MaxLength);
        Require.That(!SameLength || MemoryLength > 0, "same length needs a memory length of at least 1, but it is 0", nameof(SameLength));
    }
}
