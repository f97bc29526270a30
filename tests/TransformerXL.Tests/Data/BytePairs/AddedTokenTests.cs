using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>Added tokens of a tokenizer.json, over a vocabulary of single bytes.</summary>
public sealed class AddedTokenTests
{
    private static readonly string[] s_texts = ["<s>", "<s>x", "<<", "s>", "ab", "abab", "ba", "  ", " ", "éé", "\u3000a", "<é>", "aaa", "b b"];

    [Fact]
    public void White_space_beside_a_token_belongs_to_it_where_the_file_says_so()
    {
        BytePairVocabulary left = Load(new Added("<mask>", Left: true)), right = Load(new Added("<mask>", Right: true)), both = Load(new Added("<mask>", Left: true, Right: true));
        Assert.Equal("a[0]   b", Show(left, "a \t\u3000 <mask>   b"));
        Assert.Equal("a   [0]b", Show(right, "a   <mask> \u00A0\n b"));
        Assert.Equal("a[0]b[0][0]", Show(both, "a  <mask>  b <mask> <mask> "));
        Assert.Equal("[0]x", Show(both, " <mask> x"));
    }

    [Fact]
    public void A_token_of_normalized_text_is_found_only_where_no_other_was()
    {
        BytePairVocabulary vocabulary = Load(new Added("bc"), new Added("ab", Normalized: true, Special: false), new Added("cd", Normalized: true, Special: false));
        Assert.Equal("a[0]d", Show(vocabulary, "abcd"));
        Assert.Equal("[1]d[2]", Show(vocabulary, "abdcd"));
    }

    [Fact]
    public void Random_tokens_are_found_in_random_texts_as_the_rules_of_the_format_say_in_pieces_too()
    {
        var random = new Random(21);
        for (int round = 0; round < 3000; round++)
        {
            Added[] tokens = [.. s_texts.OrderBy(_ => random.Next()).Take(random.Next(1, 6))
                .Select(text => new Added(text, Left: random.Next(4) == 0, Right: random.Next(4) == 0, Normalized: random.Next(3) == 0))];
            // A token that begins with white space after one that takes white space: other programs read such text twice.
            if (tokens.Any(token => token.Right) && tokens.Any(token => char.IsWhiteSpace(token.Text[0])))
            {
                continue;
            }
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(5) == 0 ? "\u3000 x"[..random.Next(1, 4)] : s_texts[random.Next(s_texts.Length)]));
            BytePairVocabulary vocabulary = Load(tokens);
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            int[] expected = [.. Find(text, tokens, isNormalized: false).SelectMany(piece => piece.Token is { } token
                ? [256 + Array.IndexOf(tokens, token)]
                : Find(piece.Text, tokens, isNormalized: true).SelectMany(inner => inner.Token is { } second ? [256 + Array.IndexOf(tokens, second)] : Bytes(vocabulary, inner.Text)))];
            Assert.True(expected.SequenceEqual(BytePairSamples.Encode(vocabulary, utf8)), $"round {round}: '{text}' with {string.Join(", ", tokens.Select(token => token.ToString()))}");
            Assert.Equal(expected, BytePairSamples.Encode(vocabulary, utf8, 1));
            Assert.Equal(expected, BytePairSamples.Encode(vocabulary, utf8, random.Next(1, 6), random.Next(1, 6)));
        }
    }

    [Fact]
    public void Thousands_of_long_tokens_cost_no_more_than_one()
    {
        // Each of 4,096 tokens was compared with the text at each of its places, which took 89 s for 1 MB.
        Added[] tokens = [.. Enumerable.Range(0, 4096).Select(i => new Added(new string('a', 1000) + i.ToString("x8", System.Globalization.CultureInfo.InvariantCulture)))];
        BytePairVocabulary vocabulary = Load(tokens);
        string text = new string('a', 1_000_000) + "00000fff" + new string('a', 999);
        var clock = Stopwatch.StartNew();
        int[] ids = vocabulary.Encode(text);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), clock.Elapsed.ToString());
        Assert.Equal(999_000 + 1 + 999, ids.Length);
        Assert.Equal(256 + 4095, ids[999_000]);
    }

    [Fact]
    public void White_space_without_end_is_held_back_only_so_far()
    {
        BytePairVocabulary vocabulary = Load(new Added("<mask>", Left: true));
        byte[] text = Encoding.UTF8.GetBytes(new string(' ', (1 << 20) + 100) + "<mask>");
        int[] ids = BytePairSamples.Encode(vocabulary, text, 70_001);
        Assert.Equal(BytePairSamples.Encode(vocabulary, text), ids);
        Assert.Equal(256, ids[^1]);
        Assert.InRange(ids.Length, 2, (1 << 20) + 1);
    }

    [Fact]
    public void Special_tokens_can_be_read_as_text_and_others_stay_tokens()
    {
        BytePairVocabulary vocabulary = Load(new Added("<|end|>"), new Added("<tool>", Special: false));
        var plain = vocabulary.ReadingSpecialTokensAsText();
        Assert.Equal("a[0][1]", Show(vocabulary, "a<|end|><tool>"));
        int[] ids = plain.Encode("a<|end|><tool>");
        Assert.Equal([.. Bytes(vocabulary, "a<|end|>"), 257], ids);
        Assert.Equal(vocabulary.Fingerprint, plain.Fingerprint);
        Assert.Equal("a<|end|><tool>", plain.Decode(ids));
    }

    /// <summary>The rules as other programs have them: leftmost and longest; white space is taken from what no token has.</summary>
    private static IEnumerable<(string Text, Added? Token)> Find(string text, Added[] tokens, bool isNormalized)
    {
        Added[] candidates = [.. tokens.Where(token => token.Normalized == isNormalized).OrderByDescending(token => token.Text.Length)];
        int begin = 0;
        for (int at = 0; at < text.Length;)
        {
            Added? found = candidates.FirstOrDefault(token => string.CompareOrdinal(text, at, token.Text, 0, token.Text.Length) == 0);
            if (found is null)
            {
                at++;
                continue;
            }
            int start = found.Left ? Math.Max(text[..at].TrimEnd().Length, begin) : at;
            int end = at + found.Text.Length;
            end = found.Right ? text.Length - text[end..].TrimStart().Length : end;
            if (start > begin)
            {
                yield return (text[begin..start], null);
            }
            yield return (found.Text, found);
            begin = at = end;
        }
        if (begin < text.Length)
        {
            yield return (text[begin..], null);
        }
    }

    private static IEnumerable<int> Bytes(BytePairVocabulary vocabulary, string text) =>
        Encoding.UTF8.GetBytes(text).Select(value => Enumerable.Range(0, 256).First(id => vocabulary.BytesOf(id)[0] == value));

    private static string Show(BytePairVocabulary vocabulary, string text)
    {
        var shown = new List<byte>();
        foreach (int id in vocabulary.Encode(text))
        {
            shown.AddRange(id < 256 ? vocabulary.BytesOf(id).ToArray() : Encoding.UTF8.GetBytes($"[{id - 256}]"));
        }
        return Encoding.UTF8.GetString([.. shown]);
    }

    private static BytePairVocabulary Load(params Added[] tokens) => TokenizerJson.Parse(JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["added_tokens"] = new JsonArray([.. tokens.Select((token, i) => new JsonObject
        {
            ["id"] = 256 + i,
            ["content"] = token.Text,
            ["lstrip"] = token.Left,
            ["rstrip"] = token.Right,
            ["normalized"] = token.Normalized,
            ["special"] = token.Special,
        })]),
        ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
        ["model"] = new JsonObject
        {
            ["vocab"] = new JsonObject(ByteAlphabet.BytesInOrder().Select((value, id) => KeyValuePair.Create(ByteAlphabet.Name([value]), (JsonNode?)id))),
            ["merges"] = new JsonArray(),
        },
    }));

    private sealed record Added(string Text, bool Left = false, bool Right = false, bool Normalized = false, bool Special = true);
}
