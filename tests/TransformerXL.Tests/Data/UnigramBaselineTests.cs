using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class UnigramBaselineTests
{
    [Fact]
    public void Every_token_counts_once_more_than_it_came()
    {
        // Counts 3, 1, 0 and one more of each: 4/7, 2/7, 1/7.
        UnigramBaseline unigram = UnigramBaseline.Measure(TokenFile.FromIds([0, 0, 1, 0], 3), TokenFile.FromIds([0, 2, 2, 1], 3));
        Assert.Equal(-(Math.Log(4.0 / 7) + (2 * Math.Log(1.0 / 7)) + Math.Log(2.0 / 7)) / 4, unigram.MeanNll, 1e-12);
        Assert.Equal(Math.Exp(unigram.MeanNll), unigram.Perplexity, 1e-12);
    }

    [Fact]
    public void A_text_longer_than_a_piece_counts_whole()
    {
        int[] ids = [.. Enumerable.Range(0, 10_000).Select(i => i % 7)];
        Assert.Equal(7, UnigramBaseline.Measure(TokenFile.FromIds(ids, 7), TokenFile.FromIds(ids, 7)).Perplexity, 1e-2);
    }

    [Fact]
    public void The_entropy_of_a_text_is_that_of_its_frequencies()
    {
        // 3/4, 1/4, and a token that never comes.
        Assert.Equal(-((0.75 * Math.Log(0.75)) + (0.25 * Math.Log(0.25))), UnigramBaseline.Entropy(TokenFile.FromIds([0, 0, 1, 0], 3)), 1e-12);
        Assert.Equal(0, UnigramBaseline.Entropy(TokenFile.FromIds([], 3)));
    }

    [Fact]
    public void The_entropy_of_a_long_text_is_taken_from_all_over_it()
    {
        // Two halves of other tokens: the beginning alone would give 0.
        int[] ids = [.. Enumerable.Range(0, 1 << 16).Select(i => i < 1 << 15 ? 0 : 1)];
        Assert.Equal(Math.Log(2), UnigramBaseline.Entropy(TokenFile.FromIds(ids, 2), max: 1 << 13), 1e-12);
    }

    [Fact]
    public void Texts_of_other_vocabularies_are_refused_with_both_sizes()
    {
        InputException error = Assert.Throws<InputException>(
            () => UnigramBaseline.Measure(TokenFile.FromIds([0], 3, name: "train"), TokenFile.FromIds([0], 4, name: "test")));
        Assert.Contains("the training text has a vocabulary of 3 tokens, but the test text one of 4", error.Message, StringComparison.Ordinal);
    }
}
