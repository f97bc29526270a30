using System.Globalization;
using System.Text;
using TransformerXL.Testing;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>The vocabularies of GPT-2, GPT-4 and GPT-4o, read from a tokenizer.json, against Microsoft.ML.Tokenizers.</summary>
public sealed class PublishedVocabularyTests : IDisposable
{
    private const int Texts = 3000;

    private static readonly string[] s_parts =
    [
        "the ", "don't", "DON'T", "we'Ll", "I'VE ", "they're", "it'S", "O'Neill", "'", "''s", " 's", "HTTPServer", "camelCase", "XMLHttpRequest's", "naïve", "éÀ", "e\u0301\u0323", "ǅungla",
        " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n \n", " \t \n  ", "\u00A0", "\u3000", "\u2028", "\u0085", "\u200B", "                    ", "\r", "\v\f",
        "0", "7", "42", "123", "1234", "31415926535", "½", "Ⅷ", "²", "٣٤٥", "१२३", "1,000.50", "0x1F", "v2.0.1",
        "if (x) { return y[i]; }", "    public static void Main()\n    {\n", "a->b::c", "// ---", "/*", "*/\n/", "!=", "==", "...", "?!/\n", "</div>\n\n", "#include <stdio.h>\r\n", "$_", "`", "~", "\\n",
        "Привет", "мир", "Ελληνικά", "עברית", "العربية", "हिन्दी", "ไทย", "한국어", "日本語テキスト", "中文", "ქართული", "አማርኛ", "Tiếng Việt", "ᎣᏏᏲ",
        "😀", "👩‍🚀", "🇩🇪", "🏳️‍🌈", "👍🏽", "\uD83D", "\uDE00", "\uD83D\uD83D", "\uFFFD", "\uE000", "\0", "\u007F", "€", "“”", "—",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => ["gpt2", "cl100k_base", "o200k_base"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_of_all_kinds_have_the_ids_of_the_other_library(string name)
    {
        PublishedVocabulary published = PublishedVocabulary.Get(name);
        var random = new Random(20260101);
        for (int round = 0; round < Texts; round++)
        {
            string text = Text(random, random.Next(1, 24));
            Assert.True(
                published.Oracle.EncodeToIds(text, considerPreTokenization: true, considerNormalization: true).SequenceEqual(published.Vocabulary.Encode(text)),
                $"round {round}: {Show(text)}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_text_that_comes_in_pieces_has_the_same_ids(string name)
    {
        BytePairVocabulary vocabulary = PublishedVocabulary.Get(name).Vocabulary;
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            byte[] text = round % 2 == 0 ? Encoding.UTF8.GetBytes(Text(random, 20)) : BytePairSamples.Text(random, 40);
            int[] whole = BytePairSamples.Encode(vocabulary, text);
            Assert.Equal(whole, BytePairSamples.Encode(vocabulary, text, 1));
            Assert.Equal(whole, BytePairSamples.Encode(vocabulary, text, random.Next(1, 9), random.Next(1, 30)));
            Assert.Equal(text, BytePairSamples.Decode(vocabulary, whole));
        }
        byte[] large = Encoding.UTF8.GetBytes(Text(random, 40_000));
        Assert.Equal(BytePairSamples.Encode(vocabulary, large), BytePairSamples.Encode(vocabulary, large, 70_001, 3, 65_536));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_survives_vocabulary_json_and_tokenizer_json(string name)
    {
        BytePairVocabulary vocabulary = PublishedVocabulary.Get(name).Vocabulary;
        vocabulary.Save(_folder["vocabulary.json"]);
        BytePairVocabulary own = Assert.IsType<BytePairVocabulary>(TransformerXL.Text.Vocabulary.Load(_folder["vocabulary.json"]));
        TokenizerJson.Save(vocabulary, _folder["tokenizer.json"]);
        BytePairVocabulary other = TokenizerJson.Load(_folder["tokenizer.json"]);
        Assert.Equal(vocabulary.Fingerprint, own.Fingerprint);
        Assert.Equal(vocabulary.Fingerprint, other.Fingerprint);
        string text = Text(new Random(3), 2000);
        Assert.Equal(vocabulary.Encode(text), own.Encode(text));
        Assert.Equal(vocabulary.Encode(text), other.Encode(text));
    }

    [Fact]
    public void Ids_that_no_token_has_are_kept_free()
    {
        BytePairVocabulary vocabulary = PublishedVocabulary.Get("cl100k_base").Vocabulary;
        Assert.Equal(100_277, vocabulary.Count);
        Assert.Equal(100_257, vocabulary.SpecialTokens["<|endoftext|>"]);
        Assert.Equal("<unused 100256>", vocabulary.Describe(100_256));
        Assert.Equal("ab", vocabulary.Decode([.. vocabulary.Encode("a"), 100_256, .. vocabulary.Encode("b")]));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\n ")]
    [InlineData("a")]
    [InlineData("A")]
    [InlineData("!")]
    [InlineData("'")]
    [InlineData("\u0301")]
    public void A_long_run_is_read_in_pieces_without_looking_at_it_again(string unit)
    {
        BytePairVocabulary vocabulary = PublishedVocabulary.Get("o200k_base").Vocabulary;
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, 300_000)) + "x");
        int[] ids = BytePairSamples.Encode(vocabulary, text, 997);
        Assert.Equal(text, BytePairSamples.Decode(vocabulary, ids));
    }

    /// <summary>
    /// Parts side by side, and characters of all of the Basic Multilingual Plane. Beyond it the other library sees two surrogates where there is a letter or a
    /// number; <see cref="SplitPatternTests"/> has those.
    /// </summary>
    private static string Text(Random random, int parts)
    {
        var text = new StringBuilder();
        for (int i = 0; i < parts; i++)
        {
            if (random.Next(4) > 0)
            {
                text.Append(s_parts[random.Next(s_parts.Length)]);
                continue;
            }
            int block = random.Next(0x110) << 8;
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                char character = (char)((block + random.Next(0x100)) & 0xFFFF);
                // It folds to s, which the other library does not know.
                text.Append(character == '\u017F' ? 's' : character);
            }
        }
        return WithoutLettersBeyond(text.ToString());
    }

    /// <summary>Random surrogates may make any character.</summary>
    private static string WithoutLettersBeyond(string text) => string.Concat(text.EnumerateRunes().Select(rune =>
        !rune.IsBmp && Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherNumber ? "x" : rune.ToString()));

    private static string Show(string text) => string.Concat(text.Select(unit => unit is >= ' ' and < '\u007F' ? unit.ToString() : $"\\u{(int)unit:X4}"));
}
