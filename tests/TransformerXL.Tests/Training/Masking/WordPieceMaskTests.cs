using TransformerXL.Text.WordPieces;
using TransformerXL.Training.Masking;
using Xunit;

namespace TransformerXL.Tests.Training.Masking;

/// <summary>Masks of whole words with a vocabulary of word pieces.</summary>
public sealed class WordPieceMaskTests
{
    [Fact]
    public void A_word_begins_at_each_piece_that_continues_none()
    {
        WordPieceVocabulary vocabulary = new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "the", ".", "##s"]);
        WordStarts starts = new(vocabulary);
        int[] ids = vocabulary.Encode("the playings the.");
        Assert.Equal(["the", "play", "##ing", "##s", "the", "."], ids.Select(vocabulary.Describe));
        Assert.Equal([true, false, false, true, true], Enumerable.Range(1, 5).Select(i => starts.Begins(ids[i - 1], ids[i])));
    }

    [Fact]
    public void Words_are_masked_as_a_whole()
    {
        WordPieceVocabulary vocabulary = new(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "the"]);
        int[] original = vocabulary.Encode(string.Concat(Enumerable.Repeat("the playing ", 200))), ids = [.. original], targets = new int[ids.Length];
        new Masker(new MaskingOptions { Unit = MaskUnit.Words, Rate = 0.3 }, vocabulary, 5).Mask(1, 0, ids, targets);
        Assert.InRange(targets.Count(target => target >= 0), 100, 300);
        Assert.All(Enumerable.Range(0, ids.Length / 3), word => Assert.Equal(targets[(3 * word) + 1] >= 0, targets[(3 * word) + 2] >= 0));
    }
}
