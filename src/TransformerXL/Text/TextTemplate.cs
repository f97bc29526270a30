namespace TransformerXL.Text;

/// <summary>
/// The special tokens around a text: <c>[CLS] text [SEP]</c>, or <c>text [SEP] [CLS]</c> where the vocabulary has its <c>[CLS]</c> at the end
/// (<see cref="Vocabulary.ClassIsLast"/>). Tokens that the vocabulary lacks are missing.
/// </summary>
/// <param name="vocabulary">The vocabulary.</param>
internal sealed class TextTemplate(Vocabulary vocabulary)
{
    /// <summary>The tokens before a text.</summary>
    public int[] Before { get; } = vocabulary is { ClassIsLast: false, ClassId: { } first } ? [first] : [];

    /// <summary>The tokens after a text.</summary>
    public int[] After { get; } =
        [.. vocabulary.SeparatorId is { } separator ? [separator] : (int[])[], .. vocabulary is { ClassIsLast: true, ClassId: { } last } ? [last] : (int[])[]];

    /// <summary>The number of special tokens.</summary>
    public int Count => Before.Length + After.Length;

    /// <summary>A text between its special tokens.</summary>
    public int[] Around(ReadOnlySpan<int> ids) => [.. Before, .. ids, .. After];
}
