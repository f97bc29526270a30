namespace TransformerXL.Training.Examples;

/// <summary>A part of a data set.</summary>
public enum SplitPart
{
    /// <summary>To learn from.</summary>
    Train,

    /// <summary>To choose the best weights by.</summary>
    Validation,

    /// <summary>To measure the result on.</summary>
    Test,
}
