using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using TransformerXL.Text.BytePairs.Splitting;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

public sealed class SplitPatternTests
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static TheoryData<string> Patterns =>
    [
        Gpt2, PublishedVocabulary.Llama3Pattern, PublishedVocabulary.O200kPattern,
        @"\p{N}", @"\p{N}+", @"\p{N}{1,3}", @"[!-/:-@\[-`{-~\p{P}]", @"a|ab|abc", @"abc|ab|a", @"a+?b|a", @"(?:ab)+|b?a", @"(?i:the|AN)\s*", @"\d+(?=\S)|x", @"[^\S\n]+|\n", @"\w+", @"\W", @".",
        @"(?:a|aa|aaa){2,3}(?!b)", @"(?:a*b)+?", @"the|there|them(?!\w)", @"\x20{2,4}\u0061?", @"\P{L}\P{N}", @"[\p{Lu}\d_-]+", @"(a(b|c)|d)+e?", @"\s*[\r\n]|\s+(?!\S)",
    ];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Pieces_are_those_of_a_backtracking_engine(string pattern)
    {
        var split = SplitPattern.Parse(pattern);
        var reference = new Regex(pattern, RegexOptions.CultureInvariant);
        var random = new Random(11);
        for (int round = 0; round < 400; round++)
        {
            byte[] text = round % 2 == 0 ? BytePairSamples.Text(random, 12) : [.. Enumerable.Range(0, 14).Select(_ => (byte)"abcde the 1\n\r'_-"[random.Next(16)])];
            List<string> pieces = Pieces([split], text);
            Assert.True(ReferencePieces(reference, text).SequenceEqual(pieces), $"round {round}: {Convert.ToHexString(text)}");
            Assert.Equal(pieces, Pieces([split], text, 1));
            Assert.Equal(pieces, Pieces([split], text, random.Next(1, 5)));
        }
    }

    [Fact]
    public void The_pattern_of_GPT_2_cuts_like_its_scanner_written_by_hand()
    {
        var split = SplitPattern.Parse(Gpt2);
        var random = new Random(12);
        for (int round = 0; round < 2000; round++)
        {
            byte[] text = BytePairSamples.Text(random, 20);
            Assert.Equal(Pieces(new TransformerXL.Text.BytePairs.PreTokenScanner(), text), Pieces([split], text));
        }
    }

    [Fact]
    public void Several_patterns_cut_the_pieces_of_each_other()
    {
        // Digits one by one, then GPT-2's pattern, as StarCoder does.
        SplitPattern[] patterns = [SplitPattern.Parse(@"\p{N}"), SplitPattern.Parse(Gpt2)];
        Assert.Equal(["a", "1", "2", " b", "3", " "], Text(Pieces(patterns, "a12 b3 "u8)));
        var random = new Random(13);
        for (int round = 0; round < 500; round++)
        {
            byte[] text = BytePairSamples.Text(random, 20);
            List<string> expected = [.. Pieces([patterns[0]], text).SelectMany(piece => Pieces([patterns[1]], Convert.FromHexString(piece)))];
            Assert.Equal(expected, Pieces(patterns, text));
            Assert.Equal(expected, Pieces(patterns, text, 1));
            Assert.Equal(expected, Pieces(patterns, text, 3, 2));
        }
    }

    [Fact]
    public void Letters_and_digits_beyond_the_first_plane_are_letters_and_digits()
    {
        var split = SplitPattern.Parse(PublishedVocabulary.O200kPattern);
        Assert.Equal(["𝐀𝐁c", " 𐍈", "𝟘𝟙𝟚", "𝟛", "'ſ"], Text(Pieces([split], Encoding.UTF8.GetBytes("𝐀𝐁c 𐍈𝟘𝟙𝟚𝟛'ſ"))));
        Assert.Equal(["a'ſ", "ſ"], Text(Pieces([SplitPattern.Parse(@"\p{L}(?i:'s)|.")], "a'ſſ"u8)));
    }

    [Fact]
    public void Possessive_repetitions_are_taken_where_they_mean_what_greedy_ones_do()
    {
        var tiktoken = SplitPattern.Parse(PublishedVocabulary.TiktokenPattern);
        var reference = new Regex(PublishedVocabulary.TiktokenPattern.Replace("?+", "?", StringComparison.Ordinal).Replace("++", "+", StringComparison.Ordinal), RegexOptions.CultureInvariant);
        var random = new Random(14);
        for (int round = 0; round < 500; round++)
        {
            byte[] text = BytePairSamples.Text(random, 20);
            Assert.Equal(ReferencePieces(reference, text), Pieces([tiktoken], text));
        }
        Assert.Contains("possessive", Refusal("a++ab"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(a", "without a ')'")]
    [InlineData("a)", "without a '('")]
    [InlineData("*a", "repeats nothing")]
    [InlineData("a{2,1}", "minimum above")]
    [InlineData("a{x}", "begins no repetition")]
    [InlineData("a{5000}", "more than 1000 times")]
    [InlineData("(a{1000}){1000}", "steps")]
    [InlineData("a**", "repetition is repeated")]
    [InlineData("^a", "anchor '^'")]
    [InlineData("a$", "anchor '$'")]
    [InlineData(@"\ba", @"escape '\b'")]
    [InlineData(@"(a)\1", @"escape '\1'")]
    [InlineData("(?<=a)b", "group '(?<")]
    [InlineData("(?>a)b", "group '(?>")]
    [InlineData("a(?!bc)", "lookahead")]
    [InlineData("a(?=)", "lookahead")]
    [InlineData("[a", "ends within")]
    [InlineData("[]a]", "begins with ']'")]
    [InlineData("[a[b]]", "class within a class")]
    [InlineData("[a&&b]", "intersection")]
    [InlineData("[z-a]", "range")]
    [InlineData(@"\p{Han}", @"property \p{Han}")]
    [InlineData(@"\p{L", "ends within")]
    [InlineData(@"(?i:é)", "regardless of case")]
    [InlineData("a*", "matches the empty text")]
    [InlineData(@"(?!\S)", "matches the empty text")]
    [InlineData("", "0 characters")]
    [InlineData("(?:[ab]*a[ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab]c)+", "states")]
    public void What_an_automaton_of_bounded_size_cannot_decide_is_refused_by_its_name(string pattern, string fault) =>
        Assert.Contains(fault, Refusal(pattern), StringComparison.Ordinal);

    [Fact]
    public void A_pattern_in_nested_groups_is_refused_before_the_stack_is_full() =>
        Assert.Contains("nested", Refusal(new string('(', 2000) + "a" + new string(')', 2000)), StringComparison.Ordinal);

    [Fact]
    public void What_makes_a_backtracking_engine_take_exponential_time_takes_none()
    {
        // 2^100000 ways to try for a backtracking engine; each character is read once here.
        var split = SplitPattern.Parse("(?:a|a)+b|(?:a+)+|.");
        byte[] text = Encoding.UTF8.GetBytes(new string('a', 100_000) + "c");
        var clock = Stopwatch.StartNew();
        Assert.Equal([100_000, 1], Pieces([split], text).Select(piece => piece.Length / 2));
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), clock.Elapsed.ToString());
    }

    [Fact]
    public void A_pattern_that_reads_a_text_again_and_again_is_refused_instead_of_taking_quadratic_time()
    {
        // Each a looks in vain for an end of line to the end of the text.
        var split = SplitPattern.Parse(@".*\n|.");
        Assert.Equal(3, Pieces([split], "ab\nab"u8).Count);
        byte[] text = Encoding.UTF8.GetBytes(new string('a', 500_000));
        Assert.Contains("too often", Assert.Throws<InputException>(() => Pieces([split], text)).Message, StringComparison.Ordinal);
    }

    private static string Refusal(string pattern) => Assert.Throws<InputException>(() => SplitPattern.Parse(pattern)).Message;

    private static IEnumerable<string> Text(IEnumerable<string> pieces) => pieces.Select(piece => Encoding.UTF8.GetString(Convert.FromHexString(piece)));

    private static List<string> Pieces(SplitPattern[] patterns, ReadOnlySpan<byte> text, params int[] steps) => Pieces(new SplitChain(patterns), text, steps);

    private static List<string> Pieces(IPreTokenScanner scanner, ReadOnlySpan<byte> text, params int[] steps)
    {
        List<string> pieces = [];
        int begin = 0;
        for (int known = 0, i = 0; begin < text.Length; i++)
        {
            // Where it comes in pieces, that it ends is told when all of it is there.
            bool ended = steps.Length == 0 || known == text.Length;
            known = Math.Min(text.Length, steps.Length == 0 ? text.Length : known + steps[i % steps.Length]);
            while (begin < known && scanner.Next(text[begin..known], ended, 1 << 20) is > 0 and int length)
            {
                pieces.Add(Convert.ToHexString(text.Slice(begin, length)));
                begin += length;
            }
        }
        return pieces;
    }

    /// <summary>The matches and what is between them, over a drawing of the text with one UTF-16 unit for each character.</summary>
    private static IEnumerable<string> ReferencePieces(Regex pattern, byte[] text)
    {
        var drawing = new StringBuilder();
        List<int> starts = [];
        for (int at = 0; at < text.Length;)
        {
            bool isValid = Rune.DecodeFromUtf8(text.AsSpan(at), out Rune rune, out int length) == OperationStatus.Done;
            starts.Add(at);
            at += isValid ? length : 1;
            drawing.Append(!isValid ? '\uFFFD' : rune.IsBmp ? (char)rune.Value : Draw(Rune.GetUnicodeCategory(rune)));
        }
        starts.Add(text.Length);
        int end = 0;
        foreach (Match match in pattern.Matches(drawing.ToString()))
        {
            if (match.Index > end)
            {
                yield return Convert.ToHexString(text[starts[end]..starts[match.Index]]);
            }
            end = match.Index + match.Length;
            yield return Convert.ToHexString(text[starts[match.Index]..starts[end]]);
        }
        if (end < drawing.Length)
        {
            yield return Convert.ToHexString(text[starts[end]..]);
        }
    }

    /// <summary>A character of the first plane with the same category.</summary>
    private static char Draw(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => 'Ж',
        UnicodeCategory.OtherLetter => '\u4E00',
        UnicodeCategory.DecimalDigitNumber => '\u0667',
        UnicodeCategory.OtherSymbol => '\u2600',
        UnicodeCategory.ModifierSymbol => '\u02C2',
        _ => throw new InvalidOperationException($"no character stands for {category}"),
    };
}
