namespace TransformerXL.Training.Batches;

/// <summary>The order in which a training reads its text.</summary>
public enum SegmentOrder
{
    /// <summary>From beginning to end, in segments of equal length.</summary>
    Ordered,

    /// <summary>From beginning to end, in segments whose length varies at random.</summary>
    Variable,

    /// <summary>Line by line, the lines in an order that is drawn anew for each epoch.</summary>
    Sentences,

    /// <summary>Pieces of the text in an order that is drawn anew for each epoch (<see cref="ShuffledBatches"/>).</summary>
    Shuffled,
}
