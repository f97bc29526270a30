using TransformerXL.Files;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class InputTextTests
{
    [Theory]
    [InlineData("plain é 漢 😀", "plain é 漢 😀")]
    [InlineData("a\u001b[31mred", "a\\u001b[31mred")]
    [InlineData("two\r\nlines\tand", "two\\r\\nlines\\tand")]
    [InlineData("\u009b2J \u007f", "\\u009b2J \\u007f")]
    [InlineData("\u202etxt.exe\u2028\u200b", "\\u202etxt.exe\\u2028\\u200b")]
    [InlineData("\ufffd stays", "\ufffd stays")]
    public void Characters_that_a_terminal_would_obey_become_visible(string text, string shown)
    {
        Assert.Equal(shown, InputText.Show(text));
        Assert.Equal(shown, new InputException(text).Message);
    }

    [Fact]
    public void A_lone_surrogate_becomes_visible() => Assert.Equal("lone \\ud83d surrogate", InputText.Show("lone " + '\ud83d' + " surrogate"));

    [Fact]
    public void A_long_value_is_cut()
    {
        Assert.Equal(new string('x', InputText.MaxOfValue) + "...", InputText.Show(new string('x', 20_000_000)));
        Assert.Equal("ab...", InputText.Show("abc", max: 2));
    }

    [Fact]
    public void A_long_message_loses_its_middle_and_keeps_its_remedy()
    {
        string message = new InputException("'begin" + new string('\n', 1_000_000) + "' is wrong; do this").Message;
        Assert.InRange(message.Length, 1, 3 * InputText.MaxOfMessage);
        Assert.StartsWith("'begin\\n", message, StringComparison.Ordinal);
        Assert.EndsWith("' is wrong; do this", message, StringComparison.Ordinal);
        Assert.Contains("characters left out", message, StringComparison.Ordinal);
    }
}
