using System.IO.Compression;
using System.Text.Json;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;

namespace TransformerXL.Cli.Tests.Commands;

public class DataCommandTests
{
    [Fact]
    public async Task The_list_tells_source_terms_splits_and_tokens()
    {
        string list = await FakeTerminal.OutputOf("data", "list");
        Assert.All(
            (string[])["enwik8:", "wikitext-103:", "ptb:", "lm1b:", "from ", "terms ", "train 90,000,000 bytes", "train 1,801,350 lines", "<S> at both ends of each line", "<eos> after each line"],
            text => Assert.Contains(text, list, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_list_as_JSON_has_a_line_for_each()
    {
        string[] lines = (await FakeTerminal.OutputOf("data", "list", "--json")).TrimEnd('\n').Split('\n');
        using JsonDocument first = JsonDocument.Parse(lines[0]);
        Assert.Equal("enwik8", first.RootElement.GetProperty("name").GetString());
        Assert.Equal(3, first.RootElement.GetProperty("splits").GetArrayLength());
    }

    [Fact]
    public async Task A_prepared_data_set_is_trained_on_by_words_and_its_test_text_is_evaluated()
    {
        using TemporaryFolder folder = new();
        string data = folder["ptb"], run = folder["run"];
        string output = await FakeTerminal.OutputOf("data", "prepare", "ptb", "--from", Archive(folder), "--to", data, "--allow-other-size");
        Assert.Contains($"txl train --data {data} --out RUN", output, StringComparison.Ordinal);
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 3));
        Assert.IsType<WordVocabulary>(RunDirectory.Open(run).ReadVocabulary());
        Assert.Equal(data, RunDirectory.Open(run).ReadConfiguration().Corpus!.Path);
        string own = await FakeTerminal.OutputOf("evaluate", run, "--json", "--threads", "1");
        string named = await FakeTerminal.OutputOf("evaluate", run, "--data", data, "--json", "--threads", "1");
        Assert.Equal(Nll(own), Nll(named));
        string generated = await FakeTerminal.OutputOf("generate", run, "the model", "--tokens", "1", "--threads", "1");
        Assert.Matches("^( |\n)", generated);
        await FakeTerminal.OutputOf("train", "--resume", run, "--data", data, "--threads", "1");
    }

    [Fact]
    public async Task Options_of_words_arrive_in_the_configuration_of_the_run()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(
            TinyRun.WriteText(folder), run, 1, "--vocabulary", "words", "--min-frequency", "2", "--max-vocabulary", "9", "--lower-case", "--no-eos", "--sentences", "--delimiter", "\\t"));
        VocabularyOptions vocabulary = RunDirectory.Open(run).ReadConfiguration().Corpus!.Vocabulary!;
        Assert.Equal(
            new VocabularyOptions { Kind = VocabularyKind.Words, MinFrequency = 2, MaxSize = 9, LowerCase = true, AddEos = false, AddDoubleEos = true, Delimiter = "\t" },
            vocabulary);
    }

    [Fact]
    public async Task Bytes_are_a_short_form()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 1, "--bytes"));
        Assert.Equal(VocabularyKind.Bytes, RunDirectory.Open(run).ReadConfiguration().Corpus!.Vocabulary!.Kind);
        await FakeTerminal.OutputOf("train", "--resume", run, "--vocabulary", "bytes", "--threads", "1");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--resume", run, "--vocabulary", "words"));
        Assert.Contains("--vocabulary is words here, but bytes in the run", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_connection_is_reported_at_once_with_the_attempts_that_follow()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(clock: new ImmediateTimers());
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("data", "prepare", "ptb", "--url", "http://127.0.0.1:1/ptb.tgz", "--to", folder["data"]));
        string[] lines = terminal.Error.TrimEnd().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.All(lines[..4], line => Assert.StartsWith("txl: the download failed: ", line, StringComparison.Ordinal));
        Assert.EndsWith("; attempt 2 of 5 follows in 1 s", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("; attempt 5 of 5 follows in 8 s", lines[3], StringComparison.Ordinal);
        Assert.Contains("could not be fetched in 5 attempts", lines[4], StringComparison.Ordinal);
    }

    /// <summary>A folder where the system allows none: the message of the framework says that a file was not found.</summary>
    [SkippableTheory]
    [InlineData("data synthetic recall --out")]
    [InlineData("data prepare ptb --url http://127.0.0.1:1/ --to")]
    [InlineData("train --layers 1 --threads 1 --data {text} --out")]
    public async Task A_place_that_allows_no_folder_is_named(string command)
    {
        Skip.IfNot(Directory.Exists("/proc/sys"), "needs /proc/sys");
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. command.Replace("{text}", TinyRun.WriteText(folder), StringComparison.Ordinal).Split(' '), "/proc/sys/some/folder"]));
        Assert.Matches("txl: '?/proc/sys/some/folder'? cannot be written: the file system at '/proc/sys' does not allow new folders", terminal.Error);
    }

    [Theory]
    [InlineData("enwik7", ExitCode.WrongUsage, "unknown data set 'enwik7'")]
    [InlineData("ptb", ExitCode.BadInput, "there is no file or folder")]
    public async Task What_cannot_be_prepared_is_told(string name, int code, string message)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(code, await terminal.RunAsync("data", "prepare", name, "--from", folder["none"], "--to", folder["out"]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    private static double Nll(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("bits_per_character").GetDouble();
    }

    private static string Archive(TemporaryFolder folder)
    {
        string path = folder["archive.zip"];
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (string split in (string[])["train", "valid", "test"])
        {
            using StreamWriter writer = new(archive.CreateEntry($"simple-examples/data/ptb.{split}.txt").Open());
            writer.Write(TinyRun.Text());
        }

        return path;
    }

    /// <summary>A clock whose pauses take no time.</summary>
    private sealed class ImmediateTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
    }
}
