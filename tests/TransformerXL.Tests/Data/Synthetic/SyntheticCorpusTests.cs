using TransformerXL.Testing;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Synthetic;
using Xunit;

namespace TransformerXL.Tests.Data.Synthetic;

public sealed class SyntheticCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_is_a_corpus_whose_test_text_has_its_optimum_beside_it()
    {
        NestedLanguage language = new(depth: 4, symbols: 3);
        SyntheticCorpus.Write(language, _folder["data"], 200_000, seed: 5);
        using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = _folder["data"] }, _folder["cache"]);
        Assert.Equal((200_000, 10_000, 10_000), (corpus.Train.Count, corpus.Validation.Count, corpus.Test.Count));
        TextOptimum optimum = TextOptimum.OfTestText(_folder["data"])!;
        SyntheticCharacter[] expected = [.. language.Generate(5, 2).Take(10_000)];
        Assert.Equal(expected.Select(character => (float)character.Nats), optimum.Nats.ToArray());
        Assert.Equal(expected.Select(character => character.Distance), optimum.Distances.ToArray());
        Assert.Equal(string.Concat(expected.Select(character => character.Symbol)), File.ReadAllText(Path.Combine(_folder["data"], "test.txt")));
    }

    [Fact]
    public void A_folder_that_is_no_data_set_or_has_no_optimum_gives_none()
    {
        Assert.Null(TextOptimum.OfTestText(_folder.Path));
        SyntheticCorpus.Write(new PeriodicLanguage(period: 5), _folder["data"], 1000, seed: 1);
        File.Delete(Path.Combine(_folder["data"], "test.optimum"));
        Assert.Null(TextOptimum.OfTestText(_folder["data"]));
    }

    [Fact]
    public void A_second_data_set_does_not_go_into_the_same_folder()
    {
        SyntheticCorpus.Write(new PeriodicLanguage(period: 5), _folder["data"], 1000, seed: 1);
        foreach ((SyntheticLanguage language, int size, ulong seed) in ((SyntheticLanguage, int, ulong)[])[(new NestedLanguage(), 1000, 1), (new PeriodicLanguage(period: 6), 1000, 1), (new PeriodicLanguage(period: 5), 1001, 1), (new PeriodicLanguage(period: 5), 1000, 2)])
        {
            Assert.Contains("holds another prepared data set already", Assert.Throws<InputException>(() => SyntheticCorpus.Write(language, _folder["data"], size, seed)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_same_data_set_is_not_written_again()
    {
        SyntheticCorpus.Write(new PeriodicLanguage(period: 5), _folder["data"], 1000, seed: 1);
        string test = Path.Combine(_folder["data"], "test.txt");
        File.WriteAllText(test, "a mark");
        SyntheticCorpus.Write(new PeriodicLanguage(period: 5), _folder["data"], 1000, seed: 1);
        Assert.Equal("a mark", File.ReadAllText(test));
    }

    // Each setting of a language changes the text, so a folder of another setting must not pass as the same.
    [Fact]
    public void Every_setting_belongs_to_the_request()
    {
        SyntheticLanguage[] languages =
        [
            new RecallLanguage(1024, 32, 26, 1, false), new RecallLanguage(2048, 32, 26, 1, false), new RecallLanguage(1024, 40, 26, 1, false), new RecallLanguage(1024, 32, 25, 1, false),
            new RecallLanguage(1024, 32, 26, 2, false), new RecallLanguage(1024, 32, 26, 1, true), new NestedLanguage(5, 3), new NestedLanguage(5, 4), new NestedLanguage(6, 3),
            new PeriodicLanguage(5, 26, 4), new PeriodicLanguage(6, 26, 4), new PeriodicLanguage(5, 25, 4), new PeriodicLanguage(5, 26, 3),
        ];
        Assert.Equal(languages.Length, languages.Select(language => language.Request(1, 1000)).Distinct().Count());
    }

    [Theory]
    [InlineData(0, "fewer than the 16 of a header")]
    [InlineData(15, "fewer than the 16 of a header")]
    [InlineData(20, "says 50 characters, but has 20 bytes, room for 0")]
    [InlineData(415, "says 50 characters, but has 415 bytes, room for 49")]
    public void A_file_that_was_cut_off_is_refused(int length, string message)
    {
        string path = Optimum();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        Assert.Contains(message, Assert.Throws<InputException>(() => TextOptimum.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "it does not begin with TXLOPTIM")]
    [InlineData(14, "room for 50")]
    [InlineData(19, "character 0 has a loss of -")]
    [InlineData(23, "character 0 has a loss of")]
    public void A_damaged_byte_is_noticed_where_it_makes_no_sense(int position, string message)
    {
        string path = Optimum();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[position] |= 0x80;
        File.WriteAllBytes(path, bytes);
        Assert.Contains(message, Assert.Throws<InputException>(() => TextOptimum.Read(path)).Message, StringComparison.Ordinal);
    }

    private string Optimum()
    {
        SyntheticCorpus.Write(new PeriodicLanguage(period: 5), _folder["data"], 1000, seed: 1);
        return Path.Combine(_folder["data"], "test.optimum");
    }
}
