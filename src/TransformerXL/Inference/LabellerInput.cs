using TransformerXL.Heads;
using TransformerXL.Labels;

namespace TransformerXL.Inference;

/// <summary>The words that a <see cref="Labeller"/> labels, and their positions in the text.</summary>
public sealed class LabellerInput
{
    private LabellerInput(string text, IReadOnlyList<string> words, IReadOnlyList<int> starts) => (Text, Words, Starts) = (text, words, starts);

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>Its words.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The first UTF-16 unit of each word in the text.</summary>
    public IReadOnlyList<int> Starts { get; }

    /// <summary>A text, whose words white space divides.</summary>
    public static LabellerInput Of(string text) => Of(text, wholeWords: null);

    /// <summary>A text, divided into words as <see cref="HeadConfiguration.WholeWords"/> describes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="wholeWords">
    /// Words that keep their punctuation marks, while those of others are words of their own, and so are the characters of scripts without spaces, such as Chinese ones; null to
    /// divide at white space only. A set is used as it is.
    /// </param>
    public static LabellerInput Of(string text, IEnumerable<string>? wholeWords)
    {
        ArgumentNullException.ThrowIfNull(text);
        IReadOnlySet<string>? whole = wholeWords is null ? null : wholeWords as IReadOnlySet<string> ?? new HashSet<string>(wholeWords, StringComparer.Ordinal);
        List<string> words = [];
        List<int> starts = [];
        foreach ((int start, int end) in TextChunks.Of(text, byWhiteSpace: true))
        {
            int begin = end - text.AsSpan(start, end - start).TrimStart().Length;
            foreach ((int first, int last) in whole is null ? [(begin, end)] : Divide(text, begin, end, whole))
            {
                words.Add(text[first..last]);
                starts.Add(first);
            }
        }

        return new LabellerInput(text, words, starts);
    }

    private static IEnumerable<(int Start, int End)> Divide(string text, int begin, int end, IReadOnlySet<string> whole) =>
        UnspacedScripts.Divide(text, begin, end).SelectMany(piece => piece.IsCharacter ? [(piece.Start, piece.End)] : Punctuation.Words(text, piece.Start, piece.End, whole));

    /// <summary>Words that are given one by one; their text is the words joined with spaces.</summary>
    /// <exception cref="ArgumentException">A word is null.</exception>
    public static LabellerInput Of(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        NullElements.Refuse(words, word => word, nameof(words));
        int[] starts = new int[words.Count];
        for (int i = 1; i < words.Count; i++)
        {
            starts[i] = starts[i - 1] + words[i - 1].Length + 1;
        }

        return new LabellerInput(string.Join(' ', words), words, starts);
    }
}
