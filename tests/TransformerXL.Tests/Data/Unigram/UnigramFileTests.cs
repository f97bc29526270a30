using System.Text;
using Microsoft.ML.Tokenizers;
using TransformerXL.Testing;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;
using Xunit;

namespace TransformerXL.Tests.Data.Unigram;

/// <summary>Files of unigram vocabularies: SentencePiece's models, <c>tokenizer.json</c>, <c>vocabulary.json</c>.</summary>
public sealed class UnigramFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<bool, bool, bool> Normalizations => new() { { true, true, false }, { false, true, false }, { true, false, false }, { true, true, true }, { true, false, true } };

    [Theory]
    [MemberData(nameof(Normalizations))]
    public void Tokens_of_a_model_are_those_of_another_library(bool prefix, bool removesSpaces, bool maps)
    {
        byte[]? map = maps ? CharacterMapBuilder.Build(("\n", " "), ("\t", " "), ("\u3000", " "), ("\u00a0", " "), ("e\u0301", "é"), ("ｱ", "ア"), ("ﬁ", "fi"), ("½", "1⁄2"), ("\u0301", "")) : null;
        byte[] model = SentencePieceModel.Of(UnigramSamples.Pieces, map, prefix, removesSpaces);
        UnigramVocabulary vocabulary = SentencePieceFile.Parse(model, isOfFairseq: false);
        SentencePieceTokenizer oracle = SentencePieceTokenizer.Create(new MemoryStream(model), addBeginningOfSentence: false, addEndOfSentence: false);
        foreach (string text in UnigramSamples.RandomTexts(1000, 11))
        {
            // That library leaves unknown characters apart; SentencePiece itself joins them.
            IReadOnlyList<int> apart = oracle.EncodeToIds(text);
            int[] expected = [.. apart.Where((id, i) => id != vocabulary.UnknownId || i == 0 || apart[i - 1] != id)];
            Assert.True(expected.SequenceEqual(vocabulary.Encode(text)), $"'{text}': {string.Join(' ', expected)} there, {string.Join(' ', vocabulary.Encode(text))} here");
        }
    }

    [Fact]
    public void The_ids_of_fairseq_are_moved_by_one()
    {
        File.WriteAllBytes(_folder["spiece.model"], SentencePieceModel.Of(UnigramSamples.Pieces));
        File.Copy(_folder["spiece.model"], _folder["sentencepiece.bpe.model"]);
        UnigramVocabulary plain = SentencePieceFile.Load(_folder["spiece.model"]), moved = SentencePieceFile.Load(_folder["sentencepiece.bpe.model"]);
        const string text = "the unable x 中文.";
        Assert.Equal(plain.Encode(text).Select(id => id == 0 ? 3 : id + 1), moved.Encode(text));
        Assert.Equal(UnigramSamples.Encoder.Select(piece => piece.Text), moved.Pieces.ToArray().Select(piece => piece.Text));
        File.WriteAllBytes(_folder["sentencepiece.bpe.model"], SentencePieceModel.Of(UnigramSamples.Encoder));
        Assert.Contains("<unk>", Assert.Throws<InputException>(() => SentencePieceFile.Load(_folder["sentencepiece.bpe.model"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_files_give_the_same_vocabulary_again()
    {
        byte[] map = CharacterMapBuilder.Build(("ﬁ", "fi"));
        foreach (string normalizer in new[] { "null", $$"""{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(map)}}"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Replace","pattern":{"String":"``"},"content":"\""},{"type":"NFKC"},{"type":"Nmt"},{"type":"Strip","strip_left":false,"strip_right":true},{"type":"Prepend","prepend":"▁"},{"type":"Lowercase"}]}""" })
        {
            foreach (string splits in new[] { Splits, """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", """{"type":"WhitespaceSplit"}""", "null" })
            {
                UnigramVocabulary vocabulary = UnigramTokenizerJson.Parse(Encoding.UTF8.GetBytes(Json(normalizer, splits)));
                vocabulary.Save(_folder["vocabulary.json"]);
                UnigramTokenizerJson.Save(vocabulary, _folder["tokenizer.json"]);
                Assert.Equal(vocabulary.Fingerprint, Vocabulary.Load(_folder["vocabulary.json"]).Fingerprint);
                Assert.Equal(vocabulary.Fingerprint, UnigramVocabularyFile.Load(_folder["tokenizer.json"]).Fingerprint);
                Assert.Equal(vocabulary.Fingerprint, UnigramVocabularyFile.Load(_folder["vocabulary.json"]).Fingerprint);
            }
        }

        UnigramVocabulary model = SentencePieceFile.Parse(SentencePieceModel.Of([.. UnigramSamples.Pieces, new("<sep>", 0, UnigramPieceKind.UserDefined), new("zz", -3, UnigramPieceKind.Unused)], map), isOfFairseq: false);
        model.Save(_folder["vocabulary.json"]);
        Assert.Equal(model.Fingerprint, Vocabulary.Load(_folder["vocabulary.json"]).Fingerprint);
    }

    [Fact]
    public void Pieces_of_the_user_are_never_divided_or_normalized()
    {
        UnigramPiece[] pieces = [.. UnigramSamples.Pieces, new("abﬁ", 0, UnigramPieceKind.UserDefined), new("th", 0, UnigramPieceKind.Unused)];
        pieces = [.. pieces.DistinctBy(piece => piece.Text)];
        UnigramVocabulary vocabulary = SentencePieceFile.Parse(SentencePieceModel.Of(pieces, CharacterMapBuilder.Build(("ﬁ", "a"))), isOfFairseq: false);
        Assert.Equal(["▁a", "a", "abﬁ", "a"], vocabulary.Encode("aaabﬁﬁ").Select(vocabulary.Describe));
    }

    [Theory]
    [InlineData("\"type\":\"Unigram\"", "\"type\":\"BPE\"", "BPE")]
    [InlineData("\"unk_id\":3", "\"unk_id\":null", "'unk_id'")]
    [InlineData("\"unk_id\":3", "\"unk_id\":99", "99")]
    [InlineData("\"WhitespaceSplit\"", "\"Whitespace\"", "Whitespace")]
    [InlineData("\"replacement\":\"▁\"", "\"replacement\":\"_\"", "'_'")]
    [InlineData("\"add_prefix_space\":true", "\"add_prefix_space\":false,\"prepend_scheme\":\"always\"", "'always'")]
    [InlineData("\"add_prefix_space\":true", "\"prepend_scheme\":\"sometimes\"", "'sometimes'")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"BertNormalizer\"}", "BertNormalizer")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"!\"}", "base64")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", "3 bytes")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a+\"},\"content\":\"\"}", "a+")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"\"}", "empty")]
    [InlineData("\"special\":true", "\"special\":false", "not special")]
    [InlineData("[\"▁\",-2]", "[\"▁\",-2,0]", "entry 4")]
    [InlineData("[\"▁\",-2]", "[\"▁\",\"x\"]", "score")]
    [InlineData("\"unk_id\":3", "\"unk_id\":3,\"dropout\":0.1", "dropout")]
    public void What_is_not_supported_is_refused_by_name(string old, string other, string named)
    {
        string json = Json("null", Splits);
        Assert.Contains(old, json, StringComparison.Ordinal);
        File.WriteAllText(_folder["tokenizer.json"], json.Replace(old, other, StringComparison.Ordinal));
        Assert.Contains(named, Assert.Throws<InputException>(() => UnigramTokenizerJson.Load(_folder["tokenizer.json"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_of_other_types_are_refused_by_name()
    {
        string Refusal(byte[] model) => Assert.Throws<InputException>(() => SentencePieceFile.Parse(model, isOfFairseq: false)).Message;
        Assert.Contains("BPE", Refusal(SentencePieceModel.Of(UnigramSamples.Pieces, type: 2)), StringComparison.Ordinal);
        Assert.Contains("treat_whitespace_as_suffix", Refusal(SentencePieceModel.Of(UnigramSamples.Pieces, suffix: true)), StringComparison.Ordinal);
        Assert.Contains("escape_whitespaces", Refusal(SentencePieceModel.Of(UnigramSamples.Pieces, escapes: false)), StringComparison.Ordinal);
        Assert.Contains("no model of SentencePiece", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("damaged", Refusal("{\"model\":1}"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("damaged", Refusal(SentencePieceModel.Of(UnigramSamples.Pieces)[..^5]), StringComparison.Ordinal);
        Assert.Contains("<0x00>", Refusal(SentencePieceModel.Of(UnigramSamples.Pieces, bytes: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_is_not_made_from_a_text() =>
        Assert.Contains("a vocabulary of unigram is not made from a text; name its file", Assert.Throws<InputException>(() => new VocabularyOptions { Kind = VocabularyKind.Unigram }.Validate()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(VocabularyKind.Characters)]
    [InlineData(VocabularyKind.BytePairs)]
    [InlineData(VocabularyKind.WordPieces)]
    public void A_file_of_another_kind_than_asked_for_is_refused_with_its_kind(VocabularyKind kind)
    {
        File.WriteAllText(_folder["tokenizer.json"], Json("null", Splits));
        VocabularyOptions options = new() { Kind = kind, File = _folder["tokenizer.json"] };
        Assert.Contains("holds a vocabulary of unigram", Assert.Throws<InputException>(() => VocabularyChoice.Of(options, given: null)).Message, StringComparison.Ordinal);
        Assert.IsType<UnigramVocabulary>(VocabularyChoice.Of(options with { Kind = VocabularyKind.Unigram }, given: null).Given);
    }

    private const string Splits = """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","str_rep":"▁","add_prefix_space":true}]}""";

    /// <summary>A tokenizer.json as XLM-RoBERTa's.</summary>
    internal static string Json(string normalizer, string splits)
    {
        string vocabulary = string.Join(',', UnigramSamples.Encoder.Select(piece => FormattableString.Invariant($"[\"{piece.Text}\",{piece.Score}]")));
        string added = string.Join(',', new[] { "<s>", "<pad>", "</s>", "<unk>", "<mask>" }.Select(name => $$"""{"id":{{Array.FindIndex(UnigramSamples.Encoder, piece => piece.Text == name)}},"content":"{{name}}","single_word":false,"lstrip":{{(name == "<mask>" ? "true" : "false")}},"rstrip":false,"normalized":false,"special":true}"""));
        return $$"""
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[{{added}}],"normalizer":{{normalizer}},"pre_tokenizer":{{splits}},
            "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0]},"decoder":{"type":"Metaspace","replacement":"▁"},
            "model":{"type":"Unigram","unk_id":3,"vocab":[{{vocabulary}}],"byte_fallback":false} }
            """;
    }
}
