using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class CorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_cut_90_5_5_by_default()
    {
        using Corpus corpus = Prepare(new CorpusOptions { Path = _folder.Write("a.txt", new string('x', 1000)) });
        Assert.Equal((900, 50, 50), (corpus.Train.Count, corpus.Validation.Count, corpus.Test.Count));
    }

    [Fact]
    public void A_split_too_short_for_a_batch_is_named_by_its_role()
    {
        using Corpus corpus = Prepare(new CorpusOptions { Path = _folder.Write("a.txt", new string('x', 100)) });
        var error = Assert.Throws<InputException>(() => new SegmentBatches(corpus.Validation, 4, 8));
        Assert.Contains("the validation text has 5 tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fractions_of_zero_give_everything_to_training()
    {
        Corpus corpus = Corpus.FromText("abc", new CorpusOptions { ValidationFraction = 0, TestFraction = 0 });
        Assert.Equal((3, 0, 0), (corpus.Train.Count, corpus.Validation.Count, corpus.Test.Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_splits_together_are_the_text_and_cut_no_character(bool bytes)
    {
        var random = new Random(6);
        for (int round = 1; round < 100; round++)
        {
            string text = "train " + RandomText.Create(random, round);
            var options = new CorpusOptions { Vocabulary = new() { Kind = bytes ? VocabularyKind.Bytes : VocabularyKind.Characters }, ValidationFraction = 0.3, TestFraction = 0.3 };
            CharacterVocabulary? vocabulary = bytes ? null : CharacterVocabulary.FromText(text);
            Corpus corpus = Corpus.FromText(text, options, vocabulary);
            Assert.Equal(text, Text(corpus, corpus.Train) + Text(corpus, corpus.Validation) + Text(corpus, corpus.Test));
            Assert.Equal(text.EnumerateRunes().Count(), corpus.Train.Characters + corpus.Validation.Characters + corpus.Test.Characters);
        }
    }

    [Fact]
    public void Files_and_memory_give_the_same_tokens()
    {
        string text = RandomText.Create(new Random(7), 5000);
        using Corpus file = Prepare(new CorpusOptions { Path = _folder.Write("a.txt", text) });
        Corpus memory = Corpus.FromText(text);
        Assert.Equal(memory.Vocabulary.Fingerprint, file.Vocabulary.Fingerprint);
        Assert.Equal(Ids(memory.Train), Ids(file.Train));
        Assert.Equal(Ids(memory.Validation), Ids(file.Validation));
        Assert.Equal(Ids(memory.Test), Ids(file.Test));
        Assert.Equal(memory.Test.Unknown, file.Test.Unknown);
    }

    [Fact]
    public void The_vocabulary_is_made_from_the_training_text_alone()
    {
        Corpus corpus = Corpus.FromText("ababababa" + "z", new CorpusOptions { ValidationFraction = 0.1, TestFraction = 0 });
        Assert.Equal(3, corpus.Vocabulary.Count);
        Assert.Equal((0, 1), (corpus.Train.Unknown, corpus.Validation.Unknown));
        Assert.Contains("1 are not in the vocabulary", corpus.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_read_recursively_in_ordinal_order_joined_with_newlines()
    {
        _folder.Write("data/b.txt", "2");
        _folder.Write("data/a/z.txt", "1");
        _folder.Write("data/B.txt", "0");
        _folder.Write("data/empty.txt", "");
        _folder.Write("data/.git/config", "hidden");
        _folder.Write("data/.hidden", "hidden");
        using Corpus corpus = Prepare(new CorpusOptions { Path = _folder["data"], ValidationFraction = 0, TestFraction = 0 });
        Assert.Equal("0\n1\n2", Text(corpus, corpus.Train));
        Assert.Contains("3 files, 5 bytes", corpus.Description, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_link_that_leads_back_up_is_not_followed()
    {
        _folder.Write("data/a.txt", "1");
        Skip.IfNot(TryLink(_folder["data/loop"], _folder["data"]), "this system lets no link be made");
        using Corpus corpus = Prepare(new CorpusOptions { Path = _folder["data"], ValidationFraction = 0, TestFraction = 0 });
        Assert.Equal("1", Text(corpus, corpus.Train));
    }

    [Fact]
    public void Given_splits_are_taken_as_they_are()
    {
        var options = new CorpusOptions { TrainPath = _folder.Write("1", "abc"), ValidationPath = _folder.Write("2", "cb"), TestPath = _folder.Write("3", "a") };
        using Corpus corpus = Prepare(options);
        Assert.Equal(["abc", "cb", "a"], new[] { corpus.Train, corpus.Validation, corpus.Test }.Select(split => Text(corpus, split)));
        using Corpus without = Prepare(options with { TestPath = null });
        Assert.Equal(0, without.Test.Count);
    }

    [Fact]
    public void A_given_vocabulary_is_used()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("xyz");
        using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = _folder.Write("a", "zyxw") }, _folder["cache"], vocabulary);
        Assert.Equal(vocabulary.Fingerprint, corpus.Train.VocabularyFingerprint);
        Assert.Equal([3, 2, 1, 0], Ids(corpus.Train));
        Assert.Throws<InputException>(() => Corpus.FromText("a", new CorpusOptions { Vocabulary = new() { Kind = VocabularyKind.Bytes } }, vocabulary));
    }

    [Fact]
    public void A_byte_order_mark_is_no_character_but_bytes_keep_it()
    {
        string path = _folder.Write("a", [0xEF, 0xBB, 0xBF, (byte)'a', (byte)'b']);
        var options = new CorpusOptions { Path = path, ValidationFraction = 0, TestFraction = 0 };
        using Corpus characters = Prepare(options);
        Assert.Equal("ab", Text(characters, characters.Train));
        using Corpus bytes = Prepare(options with { Vocabulary = new() { Kind = VocabularyKind.Bytes } });
        Assert.Equal([0xEF, 0xBB, 0xBF, 'a', 'b'], Ids(bytes.Train));
    }

    [Fact]
    public void Bytes_take_any_file_exactly()
    {
        byte[] content = new byte[100_000];
        new Random(8).NextBytes(content);
        using Corpus corpus = Prepare(new CorpusOptions { Path = _folder.Write("a.bin", content), Vocabulary = new() { Kind = VocabularyKind.Bytes } });
        Assert.Equal(content.Select(value => (int)value), [.. Ids(corpus.Train), .. Ids(corpus.Validation), .. Ids(corpus.Test)]);
    }

    [Fact]
    public void Progress_ends_at_the_whole_of_each_stage()
    {
        var reports = new List<CorpusProgress>();
        Corpus.Prepare(new CorpusOptions { Path = _folder.Write("a", new string('x', 600_000)) }, _folder["cache"], new Recorder(reports)).Dispose();
        Assert.Equal([new("reading", 600_000, 600_000), new("encoding", 600_000, 600_000)], reports.GroupBy(report => report.Stage).Select(stage => stage.Last()));
    }

    [Fact]
    public void Cancelling_stops_and_leaves_no_temporary_file()
    {
        string path = _folder.Write("a", "some text to read");
        Assert.Throws<OperationCanceledException>(() => Corpus.Prepare(new CorpusOptions { Path = path }, _folder["cache"], null, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*.tmp", SearchOption.AllDirectories));
    }

    private Corpus Prepare(CorpusOptions options) => Corpus.Prepare(options, _folder["cache"]);

    private static string Text(Corpus corpus, TokenFile split) => corpus.Vocabulary.Decode(Ids(split));

    private static int[] Ids(TokenFile split)
    {
        int[] ids = new int[split.Count];
        split.Read(0, ids);
        return ids;
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            Directory.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private sealed class Recorder(List<CorpusProgress> reports) : IProgress<CorpusProgress>
    {
        public void Report(CorpusProgress value) => reports.Add(value);
    }
}
