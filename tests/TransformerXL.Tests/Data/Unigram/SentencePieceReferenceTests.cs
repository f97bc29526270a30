using System.Text.Json;
using TransformerXL.Testing;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text.Unigram;
using Xunit;

namespace TransformerXL.Tests.Data.Unigram;

/// <summary>Models that the library SentencePiece learns, with its map of characters, and the tokens that it gives.</summary>
public sealed class SentencePieceReferenceTests : IDisposable
{
    private static readonly string[] s_parts =
    [
        "the", "token", "izer", " of ", "language", "s", "ing", "un", "able", "ed", " ", " ", "  ", "\t", "\n", "\u3000", "\u00a0", "\u200b", "\ufeff", "\u0007", "\u2581", ".", "...", ",", "!", "-", "---", "0", "1", "2026", "ha", "hahaha", "xxxx",
        "é", "e\u0301", "ü", "\u0301", "Å", "\u212b", "ﬁ", "½", "①", "Ⅷ", "㌔", "ｱｲ", "ﾊﾞ", "カ\u3099", "中", "文字", "한국", "\u1112\u1161\u11ab", "ß", "İ", "Σ", "שלום", "مرحبا", "ﷺ", "😀", "👨\u200d👩\u200d👧", "\U0001d400", "<s>", "</s>", "<unk>", "<0x41>", "Q", "☃", "<user>", "[u]", "~",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("""{"vocab_size":220}""")]
    [InlineData("""{"vocab_size":300,"normalization_rule_name":"nmt_nfkc_cf","user_defined_symbols":["<user>","[u]","ha","~"],"control_symbols":["<sep>","<cls>"]}""")]
    [InlineData("""{"vocab_size":250,"normalization_rule_name":"nfkc","remove_extra_whitespaces":false,"add_dummy_prefix":false}""")]
    [InlineData("""{"vocab_size":250,"normalization_rule_name":"identity","remove_extra_whitespaces":false}""")]
    [InlineData("""{"vocab_size":500,"byte_fallback":true,"character_coverage":0.98}""")]
    [InlineData("""{"vocab_size":220,"split_by_unicode_script":false,"split_by_number":false,"max_sentencepiece_length":30,"use_all_vocab":false}""")]
    public void Tokens_of_a_learned_model_are_those_of_SentencePiece(string options)
    {
        Skip.IfNot(PythonReference.HasSentencePiece, PythonReference.MissingSentencePiece);
        string[] texts = Texts(500, 2);
        File.WriteAllLines(_folder["corpus.txt"], Texts(1500, 1).Select(text => text.Replace('\n', ' ')));
        File.WriteAllText(_folder["texts.json"], JsonSerializer.Serialize(texts));
        string[] lines = PythonReference.RunSentencePiece("sentencepiece_reference.py", _folder["corpus.txt"], _folder["m"], _folder["texts.json"], options);
        UnigramVocabulary vocabulary = SentencePieceFile.Load(_folder["m.model"]);
        Assert.Equal(texts.Length, lines.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            int[] expected = JsonSerializer.Deserialize<int[]>(lines[i])!, actual = vocabulary.Encode(texts[i]);
            Assert.True(expected.SequenceEqual(actual), $"{JsonSerializer.Serialize(texts[i])}: {string.Join(' ', actual.Select(vocabulary.Describe))}, but in SentencePiece {string.Join(' ', expected.Select(vocabulary.Describe))}");
            Assert.Equal(expected, PiecewiseText.Encode(vocabulary, texts[i], i));
        }
    }

    private static string[] Texts(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i => string.Concat(Enumerable.Range(0, 1 + (i % 40)).Select(_ => s_parts[random.Next(s_parts.Length)])))];
    }
}
