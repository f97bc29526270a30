using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class WordCorpusTests : IDisposable
{
    private static readonly VocabularyOptions s_words = new() { Kind = VocabularyKind.Words };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_are_numbered_by_falling_frequency_after_the_special_symbols()
    {
        Corpus corpus = Whole("b a c a\nb a\n", s_words);
        Assert.Equal(["<unk>", "<eos>", "a", "b", "c"], ((WordVocabulary)corpus.Vocabulary).Symbols.ToArray());
        Assert.Equal([3, 2, 4, 2, 1, 3, 2, 1], Ids(corpus.Train));
        Assert.Equal(12, corpus.Train.Characters);
    }

    [Fact]
    public void Rare_and_surplus_words_are_unknown_and_counted()
    {
        Assert.Equal(1, Whole("b a c a\nb a\n", s_words with { MinFrequency = 2 }).Train.Unknown);
        Assert.Equal(3, Whole("b a c a\nb a\n", s_words with { MaxSize = 1 }).Train.Unknown);
    }

    [Fact]
    public void Cuts_fall_between_lines()
    {
        string text = string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i} of words\n"));
        Corpus corpus = Corpus.FromText(text, new CorpusOptions { Vocabulary = s_words, ValidationFraction = 0.123, TestFraction = 0.077 });
        int eos = corpus.Vocabulary.EndOfLineId!.Value;
        Assert.All([corpus.Train, corpus.Validation, corpus.Test], split => Assert.Equal(eos, Ids(split)[^1]));
        Assert.Equal(text.Length, corpus.Train.Characters + corpus.Validation.Characters + corpus.Test.Characters);
        Assert.Equal(500, corpus.Train.Count + corpus.Validation.Count + corpus.Test.Count);
    }

    [Fact]
    public void A_text_of_one_line_is_cut_between_words()
    {
        string text = string.Join(' ', Enumerable.Repeat("abcdefghij", 300));
        Corpus corpus = Corpus.FromText(text, new CorpusOptions { Vocabulary = s_words with { AddEos = false } });
        Assert.Equal(0, corpus.Validation.Unknown + corpus.Test.Unknown);
        Assert.Equal(300, corpus.Train.Count + corpus.Validation.Count + corpus.Test.Count);
    }

    [Fact]
    public void Files_that_end_with_a_newline_are_joined_without_an_empty_line()
    {
        _folder.Write("shards/1", "a b\n");
        _folder.Write("shards/2", "c");
        _folder.Write("shards/3", "d\n");
        using Corpus corpus = Prepare(_folder["shards"], s_words with { AddDoubleEos = true });
        Assert.Equal("a b\nc\nd\n", corpus.Vocabulary.Decode(Ids(corpus.Train)));
        Assert.Equal(3, Ids(corpus.Train).Count(id => id == corpus.Vocabulary.StartOfLineId) / 2);
        Assert.Equal(8, corpus.Train.Characters);
    }

    [Fact]
    public void Sentences_can_be_found_by_the_id_that_ends_a_line()
    {
        _folder.Write("shards/1", "a b\nc d e\n");
        _folder.Write("shards/2", "f\n");
        using Corpus corpus = Prepare(_folder["shards"], s_words with { AddDoubleEos = true });
        int mark = corpus.Vocabulary.EndOfLineId!.Value;
        int[] lengths = [.. corpus.Vocabulary.Decode(Ids(corpus.Train)).TrimEnd('\n').Split('\n').Select(line => line.Split(' ').Length)];
        Assert.Equal([2, 3, 1], lengths);
        Assert.Equal(6, Ids(corpus.Train).Count(id => id == mark));
    }

    [Fact]
    public void A_vocabulary_file_is_used_and_its_change_is_noticed()
    {
        string text = _folder.Write("t.txt", "a b a c\n");
        string file = _folder.Write("vocab.txt", "<unk>\n<eos>\na\n");
        using Corpus first = Prepare(text, s_words with { File = file });
        Assert.Equal([2, 0, 2, 0, 1], Ids(first.Train));
        _folder.Write("vocab.txt", "<unk>\n<eos>\na\nb\n");
        using Corpus second = Prepare(text, s_words with { File = file });
        Assert.Equal([2, 3, 2, 0, 1], Ids(second.Train));
    }

    [Fact]
    public void A_vocabulary_file_of_another_kind_is_refused()
    {
        new ByteVocabulary().Save(_folder["v.json"]);
        string error = Assert.Throws<InputException>(() => Prepare(_folder.Write("t.txt", "a\n"), s_words with { File = _folder["v.json"] })).Message;
        Assert.Contains("holds a vocabulary of bytes, but the options ask for one of words", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_larger_corpus_is_read_in_memory_that_does_not_grow_with_it()
    {
        string line = string.Join(' ', Enumerable.Range(0, 50).Select(i => $"w{i}")) + "\n";
        string small = _folder.Write("small.txt", string.Concat(Enumerable.Repeat(line, 50)));
        string large = _folder.Write("large.txt", string.Concat(Enumerable.Repeat(line, 20_000)));
        Prepare(small, s_words).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using Corpus corpus = Prepare(large, s_words);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        Assert.Equal(20_000 * 51, corpus.Train.Count);
    }

    [Theory]
    [InlineData(-1, null, "minimum frequency -1")]
    [InlineData(0, 0, "vocabulary size 0")]
    public void Options_out_of_range_are_named(int minFrequency, int? maxSize, string fault) =>
        Assert.Contains(fault, Refusal(s_words with { MinFrequency = minFrequency, MaxSize = maxSize }), StringComparison.Ordinal);

    [Fact]
    public void Options_of_words_are_refused_for_other_kinds()
    {
        Assert.Contains("lower case is for a vocabulary of words, not of bytes", Refusal(new VocabularyOptions { Kind = VocabularyKind.Bytes, LowerCase = true }), StringComparison.Ordinal);
        Assert.Contains("delimiter ',' is for", Refusal(new VocabularyOptions { Delimiter = "," }), StringComparison.Ordinal);
        Assert.Contains("an empty delimiter", Refusal(s_words with { Delimiter = "" }), StringComparison.Ordinal);
        Assert.Contains("comes from 'v.txt'", Refusal(s_words with { File = "v.txt", MaxSize = 5 }), StringComparison.Ordinal);
    }

    private static string Refusal(VocabularyOptions options) => Assert.Throws<InputException>(options.Validate).Message;

    private static Corpus Whole(string text, VocabularyOptions options) =>
        Corpus.FromText(text, new CorpusOptions { Vocabulary = options, ValidationFraction = 0, TestFraction = 0 });

    private Corpus Prepare(string path, VocabularyOptions options) =>
        Corpus.Prepare(new CorpusOptions { Path = path, Vocabulary = options, ValidationFraction = 0, TestFraction = 0 }, _folder["cache"]);

    private static int[] Ids(TokenFile tokens)
    {
        int[] ids = new int[tokens.Count];
        tokens.Read(0, ids);
        return ids;
    }
}
