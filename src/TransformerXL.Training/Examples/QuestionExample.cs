namespace TransformerXL.Training.Examples;

/// <summary>A question about a text, with its accepted answers.</summary>
public sealed record QuestionExample : Example
{
    /// <summary>The text that holds the answer.</summary>
    public required string Context { get; init; }

    /// <summary>The question.</summary>
    public required string Question { get; init; }

    /// <summary>The accepted answers, each a part of the context; empty for a question that the context does not answer, or that has no answers in the file.</summary>
    public IReadOnlyList<AnswerSpan> Answers { get; init; } = [];

    /// <summary>Whether the file says that the context does not answer the question.</summary>
    public bool IsUnanswerable { get; init; }

    /// <summary>The title of the document; empty if it has none.</summary>
    public string Title { get; init; } = "";

    /// <inheritdoc/>
    public override long Length => Context.Length + Question.Length;

    /// <inheritdoc/>
    public override bool IsLabelled => IsUnanswerable || Answers.Count > 0;

    /// <inheritdoc/>
    public override UInt128 InputFingerprint() => Fingerprint.Of([Context, Question]);

    /// <inheritdoc/>
    public override UInt128 AnswerFingerprint() => Fingerprint.Of(Answers.Select(answer => answer.Text).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
