using TransformerXL.Inference;
using Xunit;

namespace TransformerXL.Tests.Inference;

public sealed class LabellerInputTests
{
    [Theory]
    [InlineData("He left Ohio.", "He|left|Ohio|.")]
    [InlineData("Mr. J. Smith, e.g. \"Jo\"...", "Mr.|J.|Smith|,|e.g.|\"|Jo|\"|...")]
    [InlineData(" 5% of R&D ", "5%|of|R&D")]
    [InlineData("王小明住在 Berlin，很好。", "王|小|明|住|在|Berlin|，|很|好|。")]
    [InlineData("カメラ3台を𠮷野で", "カ|メ|ラ|3|台|を|𠮷|野|で")]
    [InlineData("ที่นี่", "ที่|นี่")]
    public void Marks_are_words_of_their_own_but_for_those_of_known_words(string text, string words)
    {
        LabellerInput input = LabellerInput.Of(text, ["Mr."]);
        Assert.Equal(words.Split('|'), input.Words);
        Assert.All(input.Words.Zip(input.Starts), word => Assert.Equal(word.First, text.Substring(word.Second, word.First.Length)));
    }

    [Fact]
    public void A_long_row_of_marks_is_divided_in_time_that_grows_with_its_length_alone()
    {
        const int Marks = 2_000_000;
        Assert.Equal(Marks, LabellerInput.Of(string.Concat(Enumerable.Repeat("!?", Marks / 2)), []).Words.Count);
    }
}
