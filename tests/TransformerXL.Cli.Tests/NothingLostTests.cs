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
