using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class CorpusOptionsTests
{
    [Theory]
    [InlineData(-0.1, 0.1, "validation fraction -0.1")]
    [InlineData(0.1, 1.0, "test fraction 1")]
    [InlineData(double.NaN, 0.1, "validation fraction NaN")]
    [InlineData(0.5, 0.5, "must be below 1")]
    public void A_fraction_that_leaves_no_text_is_named(double validation, double test, string message) =>
        AssertRefused(new CorpusOptions { Path = "x", ValidationFraction = validation, TestFraction = test }, message);

    [Fact]
    public void Text_must_be_named_in_exactly_one_way()
    {
        AssertRefused(new CorpusOptions(), "no text is named");
        AssertRefused(new CorpusOptions { Path = "a", TestPath = "b" }, "cannot be combined");
        AssertRefused(new CorpusOptions { TrainPath = "a" }, "must both be named");
        AssertRefused(new CorpusOptions { ValidationPath = "a", TestPath = "b" }, "must both be named");
        new CorpusOptions { TrainPath = "a", ValidationPath = "b" }.Validate();
    }

    private static void AssertRefused(CorpusOptions options, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(options.Validate).Message, StringComparison.Ordinal);
}
