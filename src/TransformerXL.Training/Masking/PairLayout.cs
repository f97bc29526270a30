using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>Two texts in one sequence, <c>[CLS] first [SEP] second [SEP]</c>; between them are as many separators as the vocabulary says (<see cref="Vocabulary.PairSeparators"/>).</summary>
internal sealed class PairLayout
{
    private readonly int _class, _separator, _separators;

    /// <param name="vocabulary">The vocabulary, which has special tokens.</param>
    /// <param name="length">L: the most tokens of a sequence with its special tokens.</param>
    /// <param name="texts">What the two are called in a message.</param>
    /// <exception cref="InputException">
    /// The vocabulary has no special tokens, or has its <c>[CLS]</c> at the end of a text, or sequences are too short for two texts.
    /// </exception>
    public PairLayout(Vocabulary vocabulary, int length, string texts)
    {
        if (vocabulary is not { ClassId: { } first, SeparatorId: { } separator })
        {
            throw new InputException("the vocabulary has no [CLS] and [SEP], between which pairs of texts are read") { Remedies = [new("corpus.vocabulary.addSpecialTokens")] };
        }

        Require.That(
            !vocabulary.ClassIsLast,
            $"the vocabulary has {vocabulary.Describe(first)} at the end of a text, but pairs of texts are learned from with it at the beginning; use another vocabulary, or an objective without pairs");
        (_class, _separator, _separators) = (first, separator, vocabulary.PairSeparators);
        Room = length - 2 - _separators;
        Require.That(Room >= 2, $"segments of {Counted.Of(length, "token")} have no room for two {texts} beside {2 + _separators} special tokens; use longer ones", [new("context.targetLength")]);
    }

    /// <summary>The tokens of both texts that a sequence has room for.</summary>
    public int Room { get; }

    /// <summary>The token after each text.</summary>
    public int Separator => _separator;

    /// <summary>Writes the special tokens of a sequence, which have no targets.</summary>
    /// <param name="first">Tokens of the first text.</param>
    /// <param name="second">Tokens of the second text.</param>
    /// <param name="ids">The sequence.</param>
    /// <param name="targets">Its targets: none, for each token.</param>
    /// <returns>The length of the sequence, and where its second text begins; the first begins at 1.</returns>
    public (int Length, int Second) Begin(int first, int second, Span<int> ids, Span<int> targets)
    {
        int length = first + second + 2 + _separators;
        targets[..length].Fill(Masker.NoTarget);
        (ids[0], ids[length - 1]) = (_class, _separator);
        ids.Slice(1 + first, _separators).Fill(_separator);
        return (length, 1 + first + _separators);
    }
}
