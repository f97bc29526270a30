using System.Buffers;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using TransformerXL.Testing;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text;
using TransformerXL.Text.WordPieces;
using Xunit;

namespace TransformerXL.Tests.Data.WordPieces;

/// <summary>Word pieces beside their definition in Python, and beside Microsoft.ML.Tokenizers where it agrees with the definition.</summary>
public sealed class WordPieceVocabularyTests : IDisposable
{
    /// <summary>What random texts are made of: words and parts, accents before and after decomposition, marks, controls, spaces, Chinese, Korean, surrogate pairs.</summary>
    private static readonly string[] s_parts =
    [
        "the", "The", "unaffable", "un", "aff", "able", "play", "PLAYING", "ing", " ", " ", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2028", "\u3000", ".", ",", "!?", "'", "#", "##", "-", "\u2014", "\u00bf",
        "caf\u00e9", "cafe\u0301", "\u00c5", "\u212b", "\u0130", "\u00df", "\u1e9e", "\u03a3", "\u0301", "\u200b", "\u00ad", "\u0000", "\ufffd", "\u0007", "\u0085", "\ue000",
        "\u4e2d", "\u6587", "\u3042", "\ud55c", "\uf900", "\ud840\udc00", "\ud83d\ude00", "1", "42", "x1y2", "[SEP]", "[MASK]", "\u0660", "\u1fef", "\u0e01\u0e33",
        new string('a', 99), new string('b', 101),
    ];

    private static readonly string[] s_tokens =
    [
        "[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##aff", "##able", "play", "##ing", "cafe", ".", ",", "!", "?", "'", "#", "-", "\u2014", "\u00bf", "a", "##a", "i", "ss",
        "\u00df", "\u03c3", "\u4e2d", "\u6587", "\u8c48", "\u1112", "##\u1161", "##\u11ab", "\ud840\udc00", "\ud83d\ude00", "##\ud83d\ude00", "1", "##1", "4", "##2", "x", "##y", "[", "]", "mask", "sep", "##e", "##f",
        "##x", "##u", "##n", "##t", "##h", "`", "b", "##the", "##play", "##i", "##un", "\u3042", "##\u3042", "##able2",
    ];

    private static readonly string[] s_casedTokens = [.. s_tokens, "The", "caf\u00e9", "e\u0301", "PL", "##AYING", "\u00c5", "\uf900", "\ud55c", "SEP", "MASK"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tokens_are_those_of_the_definition_however_the_text_arrives(bool cased)
    {
        string[] tokens = cased ? s_casedTokens : s_tokens, texts = RandomTexts(400);
        WordPieceVocabulary vocabulary = new(tokens, cased ? WordPieceRules.Cased : null);
        WordPieceFile.Save(vocabulary, _folder["vocab.txt"]);
        File.WriteAllText(_folder["texts.json"], JsonSerializer.Serialize(texts));
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        string[] lines = PythonReference.Run("wordpiece.py", _folder["vocab.txt"], _folder["texts.json"], cased ? "cased" : "uncased");
        Assert.Equal(texts.Length, lines.Length);
        int unknown = 0, known = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            int[] expected = JsonSerializer.Deserialize<int[]>(lines[i])!, actual = vocabulary.Encode(texts[i]);
            Assert.True(expected.SequenceEqual(actual), $"{JsonSerializer.Serialize(texts[i])}: {string.Join(' ', actual.Select(vocabulary.Describe))}, but by the definition {string.Join(' ', expected.Select(vocabulary.Describe))}");
            Assert.Equal(expected, PiecewiseText.Encode(vocabulary, texts[i], i));
            Assert.Equal(expected, vocabulary.EncodeSpans(texts[i]).Select(span => span.Id));
            unknown += actual.Count(id => id == vocabulary.UnknownId);
            known += actual.Count(id => id != vocabulary.UnknownId);
        }

        Assert.True(known > 1000 && unknown > 100, $"{known} tokens and {unknown} unknown words are too few to tell anything");
    }

    [Fact]
    public void Tokens_of_plain_text_are_those_of_another_library()
    {
        WordPieceVocabulary vocabulary = new(s_tokens);
        WordPieceFile.Save(vocabulary, _folder["vocab.txt"]);
        BertTokenizer oracle = BertTokenizer.Create(_folder["vocab.txt"], new BertOptions { LowerCaseBeforeTokenization = true, RemoveNonSpacingMarks = false });
        string[] parts = [.. s_parts.Where(part => part.All(c => c is > ' ' and < '\x7f') && !part.Contains('['))];
        Random random = new(3);
        for (int i = 0; i < 200; i++)
        {
            string text = string.Join(' ', Enumerable.Range(0, 12).Select(_ => parts[random.Next(parts.Length)] + parts[random.Next(parts.Length)]));
            Assert.Equal(oracle.EncodeToIds(text, addSpecialTokens: false), vocabulary.Encode(text));
        }
    }

    [Fact]
    public void Spans_are_parts_of_the_original_text()
    {
        WordPieceVocabulary vocabulary = new(s_tokens);
        const string text = "  The cafe\u0301 (\u4e2d\u6587) unaffable\u200b! zzz \ud83d\ude00";
        string[] parts = [.. vocabulary.EncodeSpans(text).Select(span => text[span.Start..span.End])];
        Assert.Equal(["The", "cafe", "(", "\u4e2d", "\u6587", ")", "un", "aff", "able", "!", "zzz", "\ud83d\ude00"], parts);
    }

    [Fact]
    public void Names_of_special_tokens_in_a_text_are_text()
    {
        WordPieceVocabulary vocabulary = new(s_tokens);
        Assert.Equal("[ sep ] [ mask ]", vocabulary.Decode(vocabulary.Encode("[SEP][MASK]")));
        Assert.DoesNotContain(vocabulary.SeparatorId!.Value, vocabulary.Encode("[SEP]"));
    }

    [Fact]
    public void A_word_of_any_length_is_unknown_and_takes_no_memory()
    {
        WordPieceVocabulary vocabulary = new(s_tokens);
        TokenEncoder encoder = vocabulary.CreateEncoder();
        ArrayBufferWriter<int> ids = new();
        byte[] block = [.. Enumerable.Repeat((byte)'a', 1 << 16)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            encoder.Append(block, ids);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 16);
        encoder.Append(" a"u8, ids);
        encoder.Complete(ids);
        Assert.Equal([vocabulary.UnknownId!.Value, Array.IndexOf(s_tokens, "a")], ids.WrittenSpan.ToArray());
        Assert.Equal(1, encoder.Unknown);
    }

    [Fact]
    public void All_files_give_the_same_vocabulary_again()
    {
        foreach (WordPieceVocabulary vocabulary in new[] { new WordPieceVocabulary(s_tokens), new(s_casedTokens, WordPieceRules.Cased), new(s_tokens, new WordPieceRules { StripAccents = false, SeparatesChinese = false }) })
        {
            vocabulary.Save(_folder["vocabulary.json"]);
            WordPieceTokenizerJson.Save(vocabulary, _folder["tokenizer.json"]);
            WordPieceFile.Save(vocabulary, _folder["vocab.txt"]);
            foreach (string name in new[] { "vocabulary.json", "tokenizer.json", "vocab.txt" })
            {
                Vocabulary read = name == "vocabulary.json" ? Vocabulary.Load(_folder[name]) : WordPieceVocabularyFile.Load(_folder[name]);
                Assert.Equal((name, vocabulary.Fingerprint), (name, read.Fingerprint));
            }
        }
    }

    [Fact]
    public void Without_a_file_of_rules_upper_case_letters_tell_a_cased_vocabulary()
    {
        File.WriteAllLines(_folder["vocab.txt"], s_casedTokens);
        Assert.False(WordPieceFile.Load(_folder["vocab.txt"]).Rules.LowerCase);
        File.WriteAllLines(_folder["vocab.txt"], s_tokens);
        Assert.True(WordPieceFile.Load(_folder["vocab.txt"]).Rules.LowerCase);
        File.WriteAllText(_folder["tokenizer_config.json"], """{"do_lower_case": false, "strip_accents": null, "tokenize_chinese_chars": true}""");
        WordPieceRules rules = WordPieceFile.Load(_folder["vocab.txt"]).Rules;
        Assert.Equal(WordPieceRules.Cased, rules);
    }

    [Theory]
    [InlineData("\"type\":\"WordPiece\"", "\"type\":\"Unigram\"", "Unigram")]
    [InlineData("\"unk_token\":\"[UNK]\"", "\"unk_token\":\"<unk>\"", "<unk>")]
    [InlineData("\"continuing_subword_prefix\":\"##\"", "\"continuing_subword_prefix\":\"@@\"", "@@")]
    [InlineData("BertNormalizer", "NFKC", "NFKC")]
    [InlineData("BertPreTokenizer", "Whitespace", "Whitespace")]
    [InlineData("\"max_input_chars_per_word\":100", "\"max_input_chars_per_word\":0", "0")]
    [InlineData("\"special\":true", "\"special\":false", "not special")]
    [InlineData("\"[CLS]\":3", "\"[CLX]\":3", "[CLS]")]
    public void What_is_not_supported_is_refused_by_name(string old, string other, string named)
    {
        WordPieceTokenizerJson.Save(new WordPieceVocabulary(s_tokens), _folder["tokenizer.json"]);
        string json = File.ReadAllText(_folder["tokenizer.json"]);
        Assert.Contains(old, json, StringComparison.Ordinal);
        File.WriteAllText(_folder["tokenizer.json"], json.Replace(old, other, StringComparison.Ordinal));
        Assert.Contains(named, Assert.Throws<InputException>(() => WordPieceTokenizerJson.Load(_folder["tokenizer.json"])).Message, StringComparison.Ordinal);
    }

    private static string[] RandomTexts(int count)
    {
        Random random = new(7);
        return [.. Enumerable.Range(0, count).Select(i => string.Concat(Enumerable.Range(0, 1 + (i % 30)).Select(_ => s_parts[random.Next(s_parts.Length)])))];
    }
}
