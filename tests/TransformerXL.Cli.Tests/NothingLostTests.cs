using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>What a user has is not written over.</summary>
public class NothingLostTests
{
    [Theory]
    [InlineData("vocabulary.json")]
    [InlineData("metrics.jsonl")]
    [InlineData("report.html")]
    public async Task A_training_leaves_files_that_are_there(string name)
    {
        using TemporaryFolder folder = new();
        string mine = folder.Write("run/" + name, "mine");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 1)));
        Assert.Contains("is there already, and not of a run", terminal.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    // An empty run.lock would mark the folder as that of a run, so that a training on the folder above it would leave out the texts in it.
    [Theory]
    [InlineData("text", false)]
    [InlineData("text", true)]
    [InlineData("label", false)]
    [InlineData("label", true)]
    public async Task A_training_that_is_refused_leaves_nothing_in_its_folder(string task, bool exists)
    {
        using TemporaryFolder folder = new();
        string[] mine = exists ? [folder.Write("run/mine.txt", "mine"), folder.Write("run/data/more.txt", "mine")] : [];
        string[] input = task == "text" ? ["--data", TinyRun.WriteText(folder), "--target", "100000"] : ["--task", task, "--data", folder.Write("words.conll", "a O\n\nb O\n"), "--vocabulary", "words"];
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--out", folder["run"], "--batch", "2", .. input]));
        Assert.Equal(exists, Directory.Exists(folder["run"]));
        Assert.Equal(mine.Order(StringComparer.Ordinal), exists ? Directory.GetFiles(folder["run"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : []);
    }

    [Theory]
    [InlineData("answer", "--label-separator", ",", "classify")]
    [InlineData("answer", "--align", "first", "label")]
    [InlineData("label", "--pooling", "last", "classify")]
    [InlineData("classify", "--scheme", "iob2", "label")]
    public async Task An_option_of_another_task_is_refused(string task, string option, string value, string other)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--task", task, "--data", TinyRun.WriteExamples(folder, task), "--out", folder["run"], option, value]));
        Assert.Contains($"{option} is for --task {other}, not for {task}", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prepared_data_set_has_its_parts()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf("data", "synthetic", "recall", "--out", folder["data"], "--size", "2000", "--quiet");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--data", folder["data"], "--out", folder["run"], "--valid-fraction", "0.3"]));
        Assert.Contains("--valid-fraction divides a file or folder, but the data set", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--valid-fraction")]
    [InlineData("--test-fraction")]
    public async Task Shares_of_the_data_mean_nothing_beside_named_parts(string option)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string text = TinyRun.WriteText(folder);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--train", text, "--valid", text, "--out", folder["run"], option, "0.3"]));
        Assert.Contains($"{option} divides the file or folder of --data", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_comparison_that_is_refused_leaves_nothing_in_its_folder()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["compare", "--data", TinyRun.WriteText(folder), "--out", folder["compared"], "--cutoffs", "5000"]));
        Assert.Contains("cutoff 5000 must be above 0 and below the vocabulary size", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("(--cutoffs)", terminal.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["compared"]));
    }

    [Fact]
    public async Task A_synthetic_text_takes_no_folder_that_holds_something()
    {
        using TemporaryFolder folder = new();
        string mine = folder.Write("train.txt", "my own text");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["data", "synthetic", "periodic", "--out", folder.Path, "--size", "2000"]));
        Assert.Equal("my own text", File.ReadAllText(mine));
    }

    // One message for every option that a family lacks: it names the families that have it.
    [Theory]
    [InlineData("--heads", "8")]
    [InlineData("--clamp", "4")]
    [InlineData("--inner-size", "99")]
    public async Task Options_of_attention_mean_nothing_to_an_lstm(string option, string value)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--data", TinyRun.WriteText(folder), "--out", folder["run"], "--model", "lstm", option, value]));
        Assert.Contains($"{option} is for --model transformer-xl, shaw, vaswani, al-rfou, encoder, not for lstm", terminal.Error, StringComparison.Ordinal);
    }
}
