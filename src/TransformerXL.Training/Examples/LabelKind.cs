namespace TransformerXL.Training.Examples;

/// <summary>What a text is classified as.</summary>
public enum LabelKind
{
    /// <summary>One of several labels.</summary>
    One,

    /// <summary>Any number of labels at once.</summary>
    Several,

    /// <summary>A number (regression).</summary>
    Number,
}
