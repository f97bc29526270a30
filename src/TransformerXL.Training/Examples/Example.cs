namespace TransformerXL.Training.Examples;

/// <summary>One example that a task learns from or is measured on.</summary>
public abstract record Example
{
    /// <summary>Where it stands in its file.</summary>
    public required ExamplePlace Place { get; init; }

    /// <summary>Its name in the file; null if it has none.</summary>
    public string? Id { get; init; }

    /// <summary>Whether the name is a number in the file, and not a string.</summary>
    internal bool HasNumberedId { get; init; }

    /// <summary>A hash of the input without the answer. Equal inputs have equal hashes, in every process.</summary>
    public abstract UInt128 InputFingerprint();

    /// <summary>A hash of what is to be predicted.</summary>
    public abstract UInt128 AnswerFingerprint();

    /// <summary>Length of the input: characters of a text, words of a sentence.</summary>
    public abstract long Length { get; }

    /// <summary>Whether it says what is to be predicted.</summary>
    public abstract bool IsLabelled { get; }
}
