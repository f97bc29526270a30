using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Datasets;
using Xunit;

namespace TransformerXL.Tests.Data.Datasets;

public sealed class DatasetPreparationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("file")]
    [InlineData("zip")]
    [InlineData("gzip")]
    [InlineData("folder")]
    public void One_file_is_cut_in_the_known_proportions(string form)
    {
        byte[] text = new byte[1000];
        new Random(1).NextBytes(text);
        string from = form switch
        {
            "zip" => Zip(("enwik8", text)),
            "gzip" => Gzip(text),
            "folder" => Path.GetDirectoryName(_folder.Write("in/enwik8", text))!,
            _ => _folder.Write("anything", text),
        };
        Prepare("enwik8", from);
        byte[] joined = [.. Read("train.txt"), .. Read("valid.txt"), .. Read("test.txt")];
        Assert.Equal(text, joined);
        Assert.Equal((900, 50, 50), (Read("train.txt").Length, Read("valid.txt").Length, Read("test.txt").Length));
        Assert.Equal(VocabularyKind.Bytes, DatasetManifest.Read(_folder["out"]).Vocabulary.Kind);
        Assert.Equal(5, Directory.GetFiles(_folder["out"]).Length);
    }

    [Fact]
    public void Another_size_is_refused_with_both_sizes()
    {
        string error = Refusal("enwik8", _folder.Write("enwik8", new byte[1234]), anySize: false);
        Assert.Contains("enwik8 has 100,000,000 bytes, but 1,234 were found", error, StringComparison.Ordinal);
        Assert.Contains("allow other sizes", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Shards_that_lie_there_already_are_not_mixed_with_others()
    {
        _folder.Write("out/train/news.en-00009-of-00100.txt", "x\n");
        Assert.Contains("holds files already", Refusal("lm1b", Tar(("news.en-00001-of-00100", "a\n")), anySize: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_lines_is_refused_with_both_numbers() => Assert.Contains(
        "the train text of ptb has 42,068 lines, but 2 were found in 1 file", Refusal("ptb", Ptb(), anySize: false), StringComparison.Ordinal);

    [Fact]
    public void A_prepared_folder_is_trained_on_with_its_splits_and_its_vocabulary()
    {
        Prepare("ptb", Ptb());
        using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = _folder["out"] }, _folder["cache"]);
        Assert.Equal(["<unk>", "<eos>", "a", "b"], ((WordVocabulary)corpus.Vocabulary).Symbols.ToArray());
        Assert.Equal((6, 2, 3), (corpus.Train.Count, corpus.Validation.Count, corpus.Test.Count));
        using Corpus characters = Corpus.Prepare(new CorpusOptions { Path = _folder["out"], Vocabulary = new VocabularyOptions() }, _folder["cache"]);
        Assert.IsType<CharacterVocabulary>(characters.Vocabulary);
    }

    [Theory]
    [InlineData("wikitext-2", "tokens")]
    [InlineData("wikitext-103-raw", "raw")]
    public void WikiText_is_taken_from_its_archive_byte_by_byte(string name, string ending)
    {
        byte[] train = " = Title = \n\n Text \r\u0085 . \n"u8.ToArray();
        Prepare(name, Zip(($"{name}/wiki.test.{ending}", "t\n"u8.ToArray()), ($"{name}/wiki.train.{ending}", train), ($"{name}/wiki.valid.{ending}", "v\n"u8.ToArray())));
        Assert.Equal(train, Read("train.txt"));
        Assert.Equal("t\n"u8.ToArray(), Read("test.txt"));
    }

    [Fact]
    public void Shards_of_sentences_are_named_anew_and_read_with_marks_at_both_ends()
    {
        string archive = Tar(
            ("r13/training/news.en-00002-of-00100", "c c c\n"),
            ("r13/training/news.en-00001-of-00100", "a b\nb a a b c\n"),
            ("../../news.en-evil!-of-00100", "x\n"),
            ("r13/heldout/news.en.heldout-00000-of-00050", "a\n"),
            ("r13/heldout/news.en.heldout-00001-of-00050", "b\n"),
            ("r13/heldout/news.en.heldout-00002-of-00050", "c\n"));
        Prepare("lm1b", archive);
        Assert.Equal(["news.en-00001-of-00100.txt", "news.en-00002-of-00100.txt"], Directory.GetFiles(_folder["out/train"]).Select(Path.GetFileName).Order());
        using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = _folder["out"] }, _folder["cache"]);
        int[] ids = new int[corpus.Train.Count];
        corpus.Train.Read(0, ids);
        Assert.Equal("a b\nb a a b c\nc c c\n", corpus.Vocabulary.Decode(ids));
        Assert.Equal(6, ids.Count(id => id == corpus.Vocabulary.StartOfLineId));
    }

    [Fact]
    public void Nothing_is_written_outside_of_the_folder_whatever_an_archive_calls_its_files()
    {
        Prepare("ptb", Zip(("../../../ptb.train.txt", "a\n"u8.ToArray()), ("/etc/ptb.valid.txt", "a\n"u8.ToArray()), ("c:\\ptb.test.txt", "a\n"u8.ToArray())));
        Assert.Equal([".txl-complete", "dataset.json", "test.txt", "train.txt", "valid.txt"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order());
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains(
        "holds no file 'ptb.valid.txt' for the valid text of ptb", Refusal("ptb", Zip(("ptb.train.txt", "a\n"u8.ToArray())), anySize: true), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_there_twice_is_refused() => Assert.Contains(
        "two files 'ptb.train.txt'", Refusal("ptb", Zip(("a/ptb.train.txt", "a\n"u8.ToArray()), ("b/ptb.train.txt", "a\n"u8.ToArray())), anySize: true), StringComparison.Ordinal);

    [Fact]
    public void A_damaged_archive_is_named()
    {
        byte[] archive = File.ReadAllBytes(Zip(("ptb.train.txt", "a\n"u8.ToArray())));
        Assert.Contains("cut.zip", Refusal("ptb", _folder.Write("cut.zip", archive.AsSpan(0, archive.Length - 30)), anySize: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_archive_does_not_fill_the_disk()
    {
        string path = _folder["bomb.gz"];
        using (GZipStream gzip = new(File.Create(path), CompressionLevel.SmallestSize))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 101; i++)
            {
                gzip.Write(zeros);
            }
        }

        Assert.Contains("has more than 100,000,000 bytes", Refusal("text8", path, anySize: false), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_prepared_already_is_left_alone()
    {
        Prepare("ptb", Ptb());
        string other = Zip(("ptb.train.txt", "z\n"u8.ToArray()), ("ptb.valid.txt", "z\n"u8.ToArray()), ("ptb.test.txt", "z\n"u8.ToArray()));
        Assert.Contains("holds another prepared data set already", Refusal("ptb", other, anySize: true), StringComparison.Ordinal);
    }

    // A kill after the last file call leaves a complete folder, and the same command has to succeed.
    [Fact]
    public void The_same_preparation_finds_its_work_done_and_writes_nothing()
    {
        string from = Ptb();
        Prepare("ptb", from);
        string train = _folder["out/train.txt"];
        File.WriteAllText(train, "a mark that would be overwritten\n");
        Prepare("ptb", from);
        Assert.Equal("a mark that would be overwritten\n", File.ReadAllText(train));
        File.Delete(_folder["out/dataset.json"]);
        Assert.Contains("holds 'train.txt' already", Refusal("ptb", from, anySize: true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"train\": \"train.txt\"", "\"train\": \"../train.txt\"", "'../train.txt' is not the name of a file")]
    [InlineData("\"train\": \"train.txt\"", "\"train\": \"..\"", "'..' is not the name")]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2 is not known")]
    [InlineData("\"file\": null", "\"file\": \"/etc/passwd\"", "cannot be named here")]
    [InlineData("{", "[", "dataset.json")]
    public void A_wrong_manifest_is_named_with_its_fault(string from, string to, string fault)
    {
        Prepare("ptb", Ptb());
        string path = _folder["out/dataset.json"], text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(fault, Assert.Throws<InputException>(() => DatasetManifest.Read(_folder["out"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_preparation_is_no_prepared_data_set()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => DatasetPreparation.Prepare(KnownDataset.Find("ptb"), Ptb(), _folder["out"], anySize: true, cancellationToken: stop.Token));
        Assert.False(DatasetManifest.IsIn(_folder["out"]));
    }

    [Fact]
    public void Known_sizes_are_those_of_the_originals()
    {
        Assert.All(["enwik8", "text8"], name => Assert.Equal(100_000_000, KnownDataset.Find(name).Splits.Sum(split => split.Bytes)));
        Assert.Equal(1_801_350 + 3_760 + 4_358, KnownDataset.Find("wikitext-103").Splits.Sum(split => split.Lines));
        Assert.Contains("the known ones are enwik8, text8", Assert.Throws<InputException>(() => KnownDataset.Find("enwik7")).Message, StringComparison.Ordinal);
    }

    private void Prepare(string name, string from) => DatasetPreparation.Prepare(KnownDataset.Find(name), from, _folder["out"], anySize: true);

    private string Refusal(string name, string from, bool anySize) =>
        Assert.Throws<InputException>(() => DatasetPreparation.Prepare(KnownDataset.Find(name), from, _folder["out"], anySize)).Message;

    private byte[] Read(string name) => File.ReadAllBytes(_folder["out/" + name]);

    private string Ptb() => Zip(
        ("simple-examples/data/ptb.train.txt", " a b a \n A \n"u8.ToArray()),
        ("simple-examples/data/ptb.valid.txt", " a \n"u8.ToArray()),
        ("simple-examples/data/ptb.test.txt", " a c \n"u8.ToArray()));

    private string Zip(params (string Name, byte[] Content)[] files)
    {
        using ZipArchive archive = new(File.Create(_folder["archive"]), ZipArchiveMode.Create);
        foreach ((string name, byte[] content) in files)
        {
            using Stream stream = archive.CreateEntry(name).Open();
            stream.Write(content);
        }

        return _folder["archive"];
    }

    private string Gzip(byte[] content)
    {
        using GZipStream gzip = new(File.Create(_folder["archive"]), CompressionLevel.Fastest);
        gzip.Write(content);
        return _folder["archive"];
    }

    private string Tar(params (string Name, string Content)[] files)
    {
        using TarWriter writer = new(new GZipStream(File.Create(_folder["archive"]), CompressionLevel.Fastest));
        writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "r13/training/news.en-00003-of-00100") { LinkName = "/etc/passwd" });
        foreach ((string name, string content) in files)
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        return _folder["archive"];
    }
}
