using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class UnicodeTextTests
{
    // What Python 3.11 (Unicode 14) makes of them.
    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("ABC-1", "abc-1")]
    [InlineData("İI", "i\u0307i")]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("ΣΑΣ", "σας")]
    [InlineData("ΑΣ.", "ας.")]
    [InlineData("ΑΣ.Α", "ασ.α")]
    [InlineData("Α'Σ\u0301", "α'ς\u0301")]
    [InlineData("1Σ", "1σ")]
    [InlineData("Σ", "σ")]
    [InlineData("ⓐΣ", "ⓐς")]
    [InlineData("ªΣ", "ªς")]
    [InlineData("ʰΣ", "ʰσ")]
    [InlineData("AΣʰ", "aςʰ")]
    [InlineData("𐐀Σ", "𐐨ς")]
    [InlineData("Σ𐐀Σ𐐀", "σ𐐨σ𐐨")]
    [InlineData("ẞ", "ß")]
    [InlineData("Ⅷ", "ⅷ")]
    [InlineData("ǅ", "ǆ")]
    [InlineData("Ꭰ", "ꭰ")]
    [InlineData("KÅ", "kå")]
    public void Lower_case_is_the_full_mapping_of_Unicode(string text, string lower)
    {
        char[] buffer = [];
        Assert.Equal(lower, UnicodeText.ToLower(text, ref buffer).ToString());
    }

    [Fact]
    public void Trimming_leaves_what_is_no_white_space() =>
        Assert.Equal("\u200Ba b\uFEFF", UnicodeText.Trim("\u001C \u0085\u3000\u200Ba b\uFEFF\u2029\t").ToString());
}
