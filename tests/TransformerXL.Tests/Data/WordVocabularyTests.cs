using System.Buffers;
using System.Text;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class WordVocabularyTests : IDisposable
{
    private static readonly WordVocabulary s_words = new(["<unk>", "<eos>", "the", "cat", "sat"]);
    private static readonly WordVocabulary s_sentences = new(["<unk>", "<S>", "the", "cat", "sat"], new WordRules { Marks = LineMarks.BothEnds });
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_come_back_with_spaces_between_and_newlines_for_ends_of_lines() =>
        Assert.Equal("the cat\nsat <unk>\n\n", s_words.Decode(s_words.Encode("  the  cat\t\nsat dog \r\n\n")));

    [Fact]
    public void Sentences_come_back_one_a_line() => Assert.Equal("the cat\nsat\n", s_sentences.Decode(s_sentences.Encode("the cat\nsat")));

    [Fact]
    public void A_sentence_has_the_mark_at_both_ends()
    {
        Assert.Equal([1, 2, 3, 1, 1, 4, 1], s_sentences.Encode("the cat\nsat\n"));
        Assert.Equal((1, 1), (s_sentences.StartOfLineId, s_sentences.EndOfLineId));
    }

    [Fact]
    public void The_end_of_a_line_is_found_in_every_kind_of_vocabulary()
    {
        Assert.Equal((1, null), (s_words.EndOfLineId, s_words.StartOfLineId));
        Assert.Equal('\n', new ByteVocabulary().EndOfLineId);
        Assert.Equal(1, CharacterVocabulary.FromText("a\nb").EndOfLineId);
        Assert.Null(CharacterVocabulary.FromText("ab").EndOfLineId);
        Assert.Null(CharacterVocabulary.FromText("\u0001\t").EndOfLineId);
    }

    [Fact]
    public void Characters_are_those_of_the_text_with_all_its_white_space()
    {
        const string Text = " the  😀\r\n\ncat";
        TokenEncoder encoder = s_words.CreateEncoder();
        encoder.Append(Encoding.UTF8.GetBytes(Text), new ArrayBufferWriter<int>());
        encoder.Complete(new ArrayBufferWriter<int>());
        Assert.Equal(Text.EnumerateRunes().Count(), encoder.Characters);
        Assert.Equal(1, encoder.Unknown);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("sat")]
    public void Pieces_of_any_size_encode_like_the_whole(string? delimiter)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes("The CAT sat\r\n\u2003the 😀\u0085cat\n\n  sat the");
        var vocabulary = new WordVocabulary(["<unk>", "<eos>", "the", "cat", "sat"], new WordRules { LowerCase = true, Delimiter = delimiter });
        int[] whole = [.. vocabulary.Encode(new MemoryStream(utf8))];
        for (int size = 1; size <= 7; size++)
        {
            var tokens = new ArrayBufferWriter<int>();
            TokenEncoder encoder = vocabulary.CreateEncoder();
            foreach (byte[] piece in utf8.Chunk(size))
            {
                encoder.Append(piece, tokens);
            }

            encoder.Complete(tokens);
            Assert.Equal(whole, tokens.WrittenSpan.ToArray());
        }
    }

    [Fact]
    public void A_word_is_handed_on_before_its_line_ends()
    {
        var tokens = new ArrayBufferWriter<int>();
        s_words.CreateEncoder().Append("the cat sa"u8, tokens);
        Assert.Equal([2, 3], tokens.WrittenSpan.ToArray());
    }

    [Fact]
    public void The_last_line_of_a_prompt_is_not_ended()
    {
        var tokens = new ArrayBufferWriter<int>();
        TokenEncoder encoder = s_words.CreatePromptEncoder();
        encoder.Append("sat\nthe cat"u8, tokens);
        encoder.Complete(tokens);
        Assert.Equal([4, 1, 2, 3], tokens.WrittenSpan.ToArray());
    }

    [Fact]
    public void A_text_that_follows_a_word_begins_with_a_space_and_one_that_follows_a_line_does_not()
    {
        Assert.Equal(" sat", s_words.CreateDecoderAfter(3).Append(4));
        Assert.Equal("sat", s_words.CreateDecoderAfter(1).Append(4));
        Assert.Equal("sat", s_words.CreateDecoder().Append(4));
    }

    [Fact]
    public void A_symbol_that_the_rules_need_must_be_there()
    {
        Assert.Contains("'<eos>' after each line", Refusal(() => new WordVocabulary(["a"])), StringComparison.Ordinal);
        Assert.Contains("'<S>' at both ends", Refusal(() => new WordVocabulary(["a"], new WordRules { Marks = LineMarks.BothEnds })), StringComparison.Ordinal);
        Assert.Contains("'a' occurs twice", Refusal(() => new WordVocabulary(["a", "a"], new WordRules { Marks = LineMarks.None })), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_word_is_refused_by_name_where_nothing_stands_for_it() => Assert.Contains(
        "the word 'dog' is not in the vocabulary of 2 words", Refusal(() => new WordVocabulary(["<eos>", "cat"]).Encode("cat dog")), StringComparison.Ordinal);

    [Fact]
    public void A_text_without_white_space_is_refused_before_it_fills_the_memory()
    {
        string error = Refusal(() => s_words.Encode(new string('x', WordSplitter.MaxUnits + 1)));
        Assert.Contains($"a word of more than {WordSplitter.MaxUnits} characters", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true, LineMarks.End)]
    [InlineData("\t", false, LineMarks.BothEnds)]
    [InlineData("", false, LineMarks.None)]
    public void A_saved_vocabulary_loads_equal(string? delimiter, bool lower, LineMarks marks)
    {
        var saved = new WordVocabulary(["<unk>", "<eos>", "<S>", "", "a b", "\"\\é😀"], new WordRules { Delimiter = delimiter, LowerCase = lower, Marks = marks });
        saved.Save(_folder["v.json"]);
        var loaded = Assert.IsType<WordVocabulary>(Vocabulary.Load(_folder["v.json"]));
        Assert.Equal(saved.Symbols.ToArray(), loaded.Symbols.ToArray());
        Assert.Equal((saved.Rules, saved.UnknownId, saved.Fingerprint), (loaded.Rules, loaded.UnknownId, loaded.Fingerprint));
    }

    [Fact]
    public void A_vocabulary_of_WikiText_103_fits_and_its_ids_survive_a_token_file()
    {
        const int Count = 267_735;
        var vocabulary = new WordVocabulary(Enumerable.Range(0, Count - 2).Select(i => $"word{i}").Prepend("<eos>").Prepend("<unk>"));
        vocabulary.Save(_folder["v.json"]);
        Assert.Equal(vocabulary.Fingerprint, Vocabulary.Load(_folder["v.json"]).Fingerprint);

        string text = _folder.Write("t.txt", "word65533 word65534 word65535 word267732\nword0\n");
        var options = new CorpusOptions { Path = text, ValidationFraction = 0, TestFraction = 0 };
        using Corpus corpus = Corpus.Prepare(options, _folder["cache"], vocabulary);
        int[] ids = new int[corpus.Train.Count];
        corpus.Train.Read(0, ids);
        Assert.Equal([65535, 65536, 65537, 267734, 1, 2, 1], ids);
    }

    [Fact]
    public void A_file_of_symbols_is_written_and_read()
    {
        s_words.SaveSymbols(_folder["vocab.txt"]);
        Assert.Equal("<unk>\n<eos>\nthe\ncat\nsat\n", File.ReadAllText(_folder["vocab.txt"]));
        Assert.Equal(s_words.Fingerprint, WordVocabulary.LoadSymbols(_folder["vocab.txt"]).Fingerprint);
    }

    [Fact]
    public void Symbols_that_a_line_cannot_tell_are_refused()
    {
        var vocabulary = new WordVocabulary(["<unk>", "a b"], new WordRules { Delimiter = "\t", Marks = LineMarks.None });
        Assert.Contains("'a b'", Refusal(() => vocabulary.SaveSymbols(_folder["vocab.txt"])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<unk>\n\na\n", "line 2 is empty")]
    [InlineData("a\nb\n", "'<UNK>' (or '<unk>')")]
    [InlineData("<unk>\na\n", "'<eos>' after each line")]
    public void A_wrong_file_of_symbols_is_named_with_its_fault(string content, string fault)
    {
        string error = Refusal(() => WordVocabulary.LoadSymbols(_folder.Write("vocab.txt", content)));
        Assert.Contains("vocab.txt", error, StringComparison.Ordinal);
        Assert.Contains(fault, error, StringComparison.Ordinal);
    }

    private static string Refusal(Func<object> action) => Assert.Throws<InputException>(action).Message;

    private static string Refusal(Action action) => Assert.Throws<InputException>(action).Message;
}
