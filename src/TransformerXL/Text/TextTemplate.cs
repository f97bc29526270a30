using TransformerXL.Files;

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

    /// <summary>Tokens of text in a segment.</summary>
    /// <param name="length">Tokens of the segment.</param>
    /// <param name="member">The setting that the length comes from.</param>
    /// <exception cref="InputException">There is no room for any.</exception>
    public int RoomIn(int length, string member = "context.targetLength")
    {
        Require.That(
            length > Count, $"segments of {Counted.Of(length, "token")} have no room for text beside {Counted.Of(Count, "special token")}; use longer ones", [new(member)]);
        return length - Count;
    }

    /// <summary>A text between its special tokens.</summary>
    public int[] Around(ReadOnlySpan<int> ids) => [.. Before, .. ids, .. After];
}
