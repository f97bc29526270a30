using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class DataSyntheticTests
{
    [Theory]
    [InlineData("recall", "after 27, 59 characters", "--distance", "60")]
    [InlineData("recall", "after 6, 11, 16, 27, 32, 37 characters", "--distance", "40", "--record", "21", "--questions", "3", "--signs-first")]
    [InlineData("nested", "2 kinds of brackets, nested up to 5 deep", "--depth", "5", "--symbols", "2")]
    [InlineData("periodic", "blocks of 9 random letters out of 26, each written 3 times", "--distance", "9", "--times", "3")]
    public async Task A_synthetic_text_is_written_and_what_is_best_possible_told(string name, string description, params string[] options)
    {
        using TemporaryFolder folder = new();
        string output = await FakeTerminal.OutputOf(["data", "synthetic", name, "--out", folder["data"], "--size", "2000", .. options]);
        Assert.All((string[])[description, "bits per character in the long run", $"txl train --data {folder["data"]} --out RUN"], text => Assert.Contains(text, output, StringComparison.Ordinal));
        Assert.Equal(2000, new FileInfo(folder["data/train.txt"]).Length);
        Assert.Equal(16 + (8 * 100), new FileInfo(folder["data/test.optimum"]).Length);
    }

    [Theory]
    [InlineData("documents", "one of 3 labels; the label ends 500 characters before the end", "train.jsonl", "--distance", "500", "--classes", "3")]
    [InlineData("questions", "texts of 4 facts with 2 questions each, 30 % of which have no answer", "train.json", "--facts", "4", "--questions", "2", "--unanswerable", "30")]
    [InlineData("questions", "texts of 2 facts with 2 questions each, all of which have an answer", "test.json", "--facts", "2")]
    public async Task Synthetic_examples_are_written(string name, string description, string file, params string[] options)
    {
        using TemporaryFolder folder = new();
        string output = await FakeTerminal.OutputOf(["data", "synthetic", name, "--out", folder["data"], "--examples", "40", .. options]);
        Assert.Contains(description, output, StringComparison.Ordinal);
        Assert.Contains("40 examples to train on, 4 each to validate and test", output, StringComparison.Ordinal);
        Assert.True(new FileInfo(folder["data/" + file]).Length > 0);
        Assert.Equal(output, await FakeTerminal.OutputOf(["data", "synthetic", name, "--out", folder["data"], "--examples", "40", .. options]));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["data", "synthetic", name, "--out", folder["data"], "--examples", "41", .. options]));
        Assert.Contains("already; name a new or an empty folder", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--size is not an option of questions", "questions", "--out", "x", "--size", "5000")]
    [InlineData("--examples is not an option of recall", "recall", "--out", "x", "--examples", "50")]
    [InlineData("NAME is 'dyck', but must be one of: recall, nested, periodic, documents, questions", "dyck", "--out", "x")]
    [InlineData("name the folder to write: --out DIR", "nested")]
    [InlineData("--distance is not an option of nested; it is for recall, periodic and documents", "nested", "--out", "x", "--distance", "5")]
    [InlineData("--signs-first is not an option of periodic; it is for recall", "periodic", "--out", "x", "--signs-first")]
    public async Task Wrong_usage_is_explained(string message, params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(["data", "synthetic", .. arguments]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }
}
