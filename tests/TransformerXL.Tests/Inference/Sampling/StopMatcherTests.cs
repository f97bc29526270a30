using System.Buffers;
using System.Text;
using TransformerXL.Inference.Sampling;
using Xunit;

namespace TransformerXL.Tests.Inference.Sampling;

public sealed class StopMatcherTests
{
    [Fact]
    public void Text_without_a_beginning_of_a_stop_string_passes_at_once()
    {
        var matcher = new TextMatcher(["END"]);
        Assert.Equal("plain text", matcher.Append("plain text"));
        Assert.Null(matcher.Found);
    }

    [Fact]
    public void A_stop_string_across_pieces_is_found_and_none_of_it_handed_out()
    {
        var matcher = new TextMatcher(["</s>"]);
        Assert.Equal("good", matcher.Append("good<"));
        Assert.Equal("", matcher.Append("/"));
        Assert.Equal("", matcher.Append("s"));
        Assert.Equal("", matcher.Append("> more"));
        Assert.Equal("</s>", matcher.Found);
        Assert.Equal("", matcher.Append("anything"));
        Assert.Equal("", matcher.Complete());
    }

    [Fact]
    public void What_only_began_like_a_stop_string_is_handed_out_later()
    {
        var matcher = new TextMatcher(["</s>"]);
        Assert.Equal("a", matcher.Append("a</"));
        Assert.Equal("</b", matcher.Append("b"));
    }

    [Fact]
    public void What_is_held_at_the_end_of_the_text_is_handed_out()
    {
        var matcher = new TextMatcher(["\n\n"]);
        Assert.Equal("line", matcher.Append("line\n"));
        Assert.Equal("\n", matcher.Complete());
    }

    [Fact]
    public void A_replacement_character_matches_itself_and_no_bytes_that_are_shown_as_one()
    {
        StopMatcher matcher = new(["\uFFFD"]);
        ArrayBufferWriter<byte> released = new();
        matcher.Append([(byte)'a', 0xFF, 0xC3], released);
        matcher.Append([(byte)'b', 0xEF, 0xBF], released);
        Assert.Null(matcher.Found);
        Assert.Equal([(byte)'a', 0xFF, 0xC3, (byte)'b'], released.WrittenSpan.ToArray());
        matcher.Append([0xBD], released);
        Assert.Equal("\uFFFD", matcher.Found);
        Assert.Equal(4, released.WrittenCount);
    }

    [Fact]
    public void A_stop_string_that_overlaps_its_own_beginning_is_found()
    {
        var matcher = new TextMatcher(["aab"]);
        Assert.Equal("a", matcher.Append("aaab"));
        Assert.Equal("aab", matcher.Found);
    }

    [Fact]
    public void Of_stop_strings_that_end_together_the_longest_wins()
    {
        var matcher = new TextMatcher(["c", "abc", "bc"]);
        Assert.Equal("x", matcher.Append("xabc"));
        Assert.Equal("abc", matcher.Found);
    }

    [Fact]
    public void Without_stop_strings_everything_passes() => Assert.Equal("text", new TextMatcher([]).Append("text"));

    [Fact]
    public void An_empty_stop_string_is_refused() => Assert.Throws<InputException>(() => new StopMatcher(["a", ""]));

    [Fact]
    public void A_stop_string_that_no_UTF_8_can_hold_is_refused() =>
        Assert.Contains("index 1", Assert.Throws<InputException>(() => new StopMatcher(["a\uD800"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_text_pass_unchanged_and_a_stop_string_is_found_among_them()
    {
        var matcher = new StopMatcher(["é"]);
        var released = new ArrayBufferWriter<byte>();
        matcher.Append([0xFF, 0xC3], released);
        Assert.Equal([0xFF], released.WrittenSpan.ToArray());
        matcher.Append([0xC3, 0xA9, 0x80], released);
        Assert.Equal([0xFF, 0xC3], released.WrittenSpan.ToArray());
        Assert.Equal("é", matcher.Found);
    }

    [Fact]
    public void Clear_makes_it_ready_for_another_text()
    {
        var matcher = new TextMatcher(["ab"]);
        matcher.Append("ab");
        matcher.Clear();
        Assert.Equal("c", matcher.Append("ca"));
        Assert.Null(matcher.Found);
    }

    [Fact]
    public void Any_cut_of_any_text_gives_what_a_plain_search_of_the_whole_gives()
    {
        var random = new Random(3);
        for (int round = 0; round < 3000; round++)
        {
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Letters(random, random.Next(1, 5)))];
            string text = Letters(random, random.Next(0, 30));
            (string expected, string? found) = Search(text, stops);
            var matcher = new TextMatcher(stops);
            var released = new StringBuilder();
            for (int at = 0, length; at < text.Length; at += length)
            {
                length = random.Next(1, text.Length - at + 1);
                released.Append(matcher.Append(text.Substring(at, length)));
                Assert.StartsWith(released.ToString(), expected, StringComparison.Ordinal);
            }

            released.Append(matcher.Complete());
            Assert.Equal(expected, released.ToString());
            Assert.Equal(found, matcher.Found);
        }
    }

    /// <summary>A matcher that takes and gives text.</summary>
    private sealed class TextMatcher(IEnumerable<string> stops)
    {
        private readonly StopMatcher _matcher = new(stops);

        public string? Found => _matcher.Found;

        public string Append(string text) => Released(released => _matcher.Append(Encoding.UTF8.GetBytes(text), released));

        public string Complete() => Released(_matcher.Complete);

        public void Clear() => _matcher.Clear();

        private static string Released(Action<IBufferWriter<byte>> act)
        {
            var released = new ArrayBufferWriter<byte>();
            act(released);
            return Encoding.UTF8.GetString(released.WrittenSpan);
        }
    }

    private static string Letters(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => "abc"[random.Next(random.Next(2, 4))]));

    /// <summary>The text before the stop string that is complete first (the longest of several), and that string.</summary>
    private static (string Before, string? Found) Search(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? found = stops.Where(text[..end].EndsWith).MaxBy(stop => stop.Length);
            if (found is not null)
            {
                return (text[..(end - found.Length)], found);
            }
        }

        return (text, null);
    }
}
