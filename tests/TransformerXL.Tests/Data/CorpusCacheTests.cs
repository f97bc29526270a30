using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class CorpusCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CorpusOptions _options;

    public CorpusCacheTests() => _options = new CorpusOptions { Path = _folder.Write("a.txt", "The quick brown fox jumps over the lazy dog.") };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_source_is_read_once()
    {
        Assert.True(Reads(_options));
        Assert.False(Reads(_options));
    }

    [Fact]
    public void A_changed_size_is_noticed()
    {
        Reads(_options);
        File.AppendAllText(_options.Path!, "!");
        Assert.True(Reads(_options));
    }

    [Fact]
    public void A_changed_time_is_noticed()
    {
        Reads(_options);
        File.SetLastWriteTimeUtc(_options.Path!, DateTime.UnixEpoch);
        Assert.True(Reads(_options));
    }

    [Fact]
    public void Token_files_can_be_opened_in_another_place_without_their_source()
    {
        using TemporaryFolder other = new();
        string identity;
        using (Corpus corpus = Corpus.Prepare(_options, Path.Combine(_folder.Path, "cache")))
        {
            identity = corpus.Train.SourceIdentity;
        }

        Directory.Move(Path.Combine(_folder.Path, "cache"), Path.Combine(other.Path, "moved"));
        File.Delete(_options.Path!);
        using Corpus? opened = Corpus.TryOpen(Path.Combine(other.Path, "moved"), identity);
        int[] ids = new int[9];
        opened!.Train.Read(0, ids);
        Assert.Equal("The quick", opened.Vocabulary.Decode(ids));
        Assert.Contains("to train on", opened.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123")]
    [InlineData("../../../../../../../../etc/passwd")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public void An_identity_that_names_no_token_files_opens_none(string identity) =>
        Assert.Null(Corpus.TryOpen(_folder.Path, identity));

    [Fact]
    public void Damaged_token_files_are_not_opened()
    {
        string cache = Path.Combine(_folder.Path, "cache");
        string identity;
        using (Corpus corpus = Corpus.Prepare(_options, cache))
        {
            identity = corpus.Train.SourceIdentity;
        }

        File.WriteAllBytes(Directory.GetFiles(cache, "train.tokens", SearchOption.AllDirectories).Single(), [1, 2, 3]);
        Assert.Null(Corpus.TryOpen(cache, identity));
    }

    [Fact]
    public void Other_options_do_not_meet_the_same_files()
    {
        Reads(_options);
        Assert.True(Reads(_options with { Vocabulary = new() { Kind = VocabularyKind.Bytes } }));
        Assert.True(Reads(_options with { TestFraction = 0.2 }));
        Assert.False(Reads(_options));
    }

    [Fact]
    public void Another_vocabulary_does_not_meet_the_same_files()
    {
        Reads(_options);
        Assert.True(Reads(_options, CharacterVocabulary.FromText("abc")));
        Assert.False(Reads(_options, CharacterVocabulary.FromText("abc")));
    }

    [Theory]
    [InlineData("train.tokens")]
    [InlineData("validation.tokens")]
    [InlineData("test.tokens")]
    [InlineData("vocabulary.json")]
    public void A_damaged_or_missing_file_of_the_cache_is_made_again(string name)
    {
        Reads(_options);
        string path = Directory.GetFiles(_folder["cache"], name, SearchOption.AllDirectories).Single();
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..^1]);
        Assert.True(Reads(_options));
        Assert.Equal(whole, File.ReadAllBytes(path));
        File.Delete(path);
        Assert.True(Reads(_options));
    }

    [Fact]
    public void A_vocabulary_swapped_in_the_cache_is_noticed()
    {
        Reads(_options);
        CharacterVocabulary.FromText("zyx").Save(Directory.GetFiles(_folder["cache"], "vocabulary.json", SearchOption.AllDirectories).Single());
        Assert.True(Reads(_options));
    }

    private bool Reads(CorpusOptions options, Vocabulary? vocabulary = null)
    {
        var counter = new Counter();
        using Corpus corpus = Corpus.Prepare(options, _folder["cache"], vocabulary, counter);
        Assert.True(corpus.Train.Count > 0);
        return counter.Reports > 0;
    }

    private sealed class Counter : IProgress<CorpusProgress>
    {
        public int Reports { get; private set; }

        public void Report(CorpusProgress value) => Reports++;
    }
}
