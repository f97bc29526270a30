using System.Globalization;
using System.Text;
using System.Text.Json;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.Unigram.Normalization;
using Xunit;

namespace TransformerXL.Tests.Data.Unigram;

/// <summary>The steps that normalize a text before it is divided.</summary>
public sealed class TextStepTests
{
    private static readonly (string Old, string New)[] s_rules =
        [("ﬁ", "fi"), ("ﬁx", "FIX"), ("e\u0301", "é"), ("e\u0301\u0323", "ẹ́"), ("ﾊ", "ハ"), ("ﾊﾞ", "バ"), ("\u00ad", ""), ("\n", " "), ("\r", " "), ("😀", ":)"), ("ab", "AB"), ("abc", "ABC")];

    [Theory]
    [InlineData("ﬁ ﬁxﬁ", "fi FIXfi")]
    [InlineData("e\u0301 e\u0301\u0323 e\u0323", "é ẹ́ e\u0323")]
    [InlineData("ﾊﾊﾞ", "ハバ")]
    [InlineData("a\u00adb\r\nc😀ab abcd", "ab  c:)AB ABCd")]
    public void A_map_of_SentencePiece_replaces_the_longest_sequence(string text, string expected) => Assert.Equal(expected, Apply(Map(), text, mapsLongest: true));

    [Theory]
    [InlineData("ﬁ ﬁxﬁ", "fi fixfi")]
    [InlineData("e\u0301 e\u0301\u0323 e\u0323", "é é e\u0323")]
    [InlineData("ﾊﾊﾞ", "ハハﾞ")]
    [InlineData("a\u00adb\r\nc😀ab abcd", "ab c:)ab abcd")]
    public void A_map_of_a_tokenizer_json_replaces_clusters(string text, string expected) => Assert.Equal(expected, Apply(Map(), text, mapsLongest: false));

    [Fact]
    public void A_map_is_that_of_a_dictionary_for_random_rules()
    {
        Random random = new(3);
        string Draw(int most) => string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => new Rune[] { new('a'), new('é'), new('中'), new('b'), new(0x1F600), new('\u0301') }[random.Next(6)].ToString()));
        for (int round = 0; round < 100; round++)
        {
            Dictionary<string, string> rules = Enumerable.Range(0, random.Next(1, 40)).Select(_ => (Draw(5), Draw(4))).DistinctBy(rule => rule.Item1).ToDictionary();
            CharacterMapStep step = new(CharacterMap.Parse(CharacterMapBuilder.Build([.. rules.Select(rule => (rule.Key, rule.Value))])));
            string text = Draw(60);
            StringBuilder expected = new();
            for (int i = 0; i < text.Length;)
            {
                string? longest = rules.Keys.Where(key => text.AsSpan(i).StartsWith(key)).MaxBy(key => key.Length);
                int length = longest?.Length ?? (char.IsSurrogatePair(text, i) ? 2 : 1);
                expected.Append(longest is null ? text.Substring(i, length) : rules[longest]);
                i += length;
            }

            Assert.Equal(expected.ToString(), Apply(step, text, mapsLongest: true));
        }
    }

    [Theory]
    [InlineData("""{"type":"Replace","pattern":{"String":"``"},"content":"\""}""", "``a` ``", "\"a` \"")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"}""", "a  b c   d  ", "a_b c_d_")]
    [InlineData("""{"type":"Nmt"}""", "a\tb\u200bc\u0007\u2581\ufeffd", "a b c  d")]
    [InlineData("""{"type":"Lowercase"}""", "AÉİΣ\u212a", "aéi\u0307σk")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"}]}""", "é\u0323ﬁÅ", "efiA")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", " \t a ", "a ")]
    [InlineData("""{"type":"Strip","strip_left":false,"strip_right":true}""", " a \n", " a")]
    [InlineData("""{"type":"Prepend","prepend":"x▁"}""", "a", "x▁a")]
    [InlineData("""{"type":"Prepend","prepend":"x"}""", "", "")]
    [InlineData("""{"type":"NFKC"}""", "ﬁ½ｶﾞẛ\u0323\u212b가각", "fi1⁄2ガṩÅ가각")]
    [InlineData("""{"type":"NFC"}""", "ﬁe\u0301\u1112\u1161\u11ab", "ﬁé한")]
    [InlineData("""{"type":"NFD"}""", "ﬁé한", "ﬁe\u0301\u1112\u1161\u11ab")]
    public void Steps_of_a_tokenizer_json(string json, string text, string expected)
    {
        IReadOnlyList<TextStep> steps = TextSteps.Parse(JsonDocument.Parse(json).RootElement);
        string normal = text;
        foreach (TextStep step in steps)
        {
            normal = Apply(step, normal, mapsLongest: false);
        }

        Assert.Equal(expected, normal);
    }

    [SkippableTheory]
    [InlineData("NFC")]
    [InlineData("NFD")]
    [InlineData("NFKC")]
    [InlineData("NFKD")]
    public void Forms_of_Unicode_are_those_of_Python(string form)
    {
        Skip.IfNot(Testing.PythonReference.IsThere, Testing.PythonReference.Missing);
        string[] lines = Testing.PythonReference.Run("unicode_forms.py", form);
        UnicodeFormStep step = new(form);
        Assert.True(lines.Length > 5000, $"{lines.Length} lines");
        foreach (string line in lines)
        {
            string[] sides = Array.ConvertAll(line.Split('='), side => string.Concat(side.Split(' ').Select(code => new Rune(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString())));
            Assert.True(sides[1] == Apply(step, sides[0], mapsLongest: false), $"{form}: {line}");
        }
    }

    [Fact]
    public void Characters_keep_their_places_in_the_original_text()
    {
        UnigramPiece[] pieces = [.. UnigramSamples.Encoder, new("f", -5), new("i", -5), new("fi", -6), new("1", -5), new("⁄2", -5)];
        UnigramVocabulary vocabulary = new(pieces, new UnigramRules { Steps = [new UnicodeFormStep("NFKC")] });
        const string text = "\u3000ﬁ the\u00a0e\u0301 ½ 中\u3099";
        string[] parts = [.. vocabulary.EncodeSpans(text).Select(span => $"{vocabulary.Describe(span.Id)}={text[span.Start..span.End]}")];
        Assert.Equal(["▁=ﬁ", "fi=ﬁ", "▁the=the", "▁=e\u0301", "é=e\u0301", "▁=½", "1=½", "⁄2=½", "▁中=中", "<unk>=\u3099"], parts);
    }

    [Fact]
    public void A_text_does_not_grow_without_bound()
    {
        TextStep[] steps = [.. Enumerable.Repeat<TextStep>(new ReplaceStep("a", new string('a', 60)), 8)];
        UnigramVocabulary vocabulary = new(UnigramSamples.Encoder, new UnigramRules { Steps = steps });
        Assert.Contains("64 times", Assert.Throws<InputException>(() => vocabulary.Encode("aaaa")).Message, StringComparison.Ordinal);
    }

    private static CharacterMapStep Map() => new(CharacterMap.Parse(CharacterMapBuilder.Build(s_rules)));

    private static string Apply(TextStep step, string text, bool mapsLongest)
    {
        List<PlacedCharacter> characters = [];
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            characters.Add(new PlacedCharacter(rune.Value, place, place += rune.Utf16SequenceLength));
        }

        PlacedText output = new();
        output.Clear(characters.Count);
        step.Apply([.. characters], output, new TextPart(true, true, new PieceTrie([]), mapsLongest));
        return string.Concat(output.List.Select(character => new Rune(character.Code).ToString()));
    }
}
