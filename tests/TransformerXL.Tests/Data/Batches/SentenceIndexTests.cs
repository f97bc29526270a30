using TransformerXL.Text;
using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

public sealed class SentenceIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(50000)]
    public void Sentences_begin_where_others_end(int count)
    {
        Random random = new(count);
        int[] ids = [.. Enumerable.Range(0, count).Select(_ => random.Next(4))];
        SentenceIndex index = SentenceIndex.Build(TokenFile.FromIds(ids, 4), 3);
        List<long> expected = [0, .. Enumerable.Range(0, count).Where(i => ids[i] == 3).Select(i => i + 1L)];
        if (expected[^1] != count)
        {
            expected.Add(count);
        }

        Assert.Equal(expected.Count - 1, index.Count);
        Assert.Equal(expected, Enumerable.Range(0, expected.Count).Select(i => index.Start(i)));
    }

    [Fact]
    public void A_text_without_an_end_is_one_sentence() => Assert.Equal(1, SentenceIndex.Build(TokenFile.FromIds(new int[10], 2), 1).Count);

    [Fact]
    public void A_sentence_that_does_not_exist_is_named() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SentenceIndex.Build(TokenFile.FromIds(new int[10], 2), 1).Start(2));

    [Fact]
    public void The_newline_ends_sentences_of_characters_and_bytes()
    {
        CharacterVocabulary characters = CharacterVocabulary.FromText("b\na");
        Assert.Equal(characters.Encode("\n")[0], SentenceEnds.IdFor(characters));
        Assert.Equal(10, SentenceEnds.IdFor(new ByteVocabulary()));
        Assert.Null(SentenceEnds.IdFor(CharacterVocabulary.FromText("ab")));
    }
}
