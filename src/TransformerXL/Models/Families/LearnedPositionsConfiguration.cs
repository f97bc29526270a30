namespace TransformerXL.Models;

/// <summary>Architectures of attention whose positions are rows of learned tables.</summary>
public abstract record LearnedPositionsConfiguration : AttentionConfiguration
{
    private protected LearnedPositionsConfiguration()
    {
    }

    /// <summary>Rows of learned position tables: the sum of target, extended and memory length of training. Farther positions look like the farthest row.</summary>
    public int PositionRows { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Between("position rows", PositionRows, 1, 1 << 20);
    }

    private protected override LearnedPositionsConfiguration ForLengths(ContextConfiguration context) =>
        this with { PositionRows = context.TargetLength + context.ExtendedLength + context.MemoryLength };
}
