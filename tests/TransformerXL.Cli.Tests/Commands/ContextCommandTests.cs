using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class ContextCommandTests(SyntheticFixture trained) : IClassFixture<SyntheticFixture>
{
    private static readonly string[] Small = ["--start", "4", "--delta", "4", "--most", "16", "--positions", "30", "--threads", "1"];

    [Fact]
    public async Task Every_run_has_its_lengths_losses_and_distances_in_a_line()
    {
        string[] lines = (await FakeTerminal.OutputOf(["context", trained.Run, trained.Other, "--r", "0.2,1", "--json", .. Small])).TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        using JsonDocument first = JsonDocument.Parse(lines[0]);
        JsonElement root = first.RootElement;
        Assert.Equal(("run", 30), (root.GetProperty("run").GetString(), root.GetProperty("positions").GetInt32()));
        Assert.Equal([4, 8, 12, 16], root.GetProperty("lengths").EnumerateArray().Select(value => value.GetInt32()));
        Assert.Equal(4, root.GetProperty("loss").GetArrayLength());
        Assert.Equal([0.2, 1], root.GetProperty("relative").EnumerateArray().Select(value => value.GetProperty("r").GetDouble()));
        Assert.Contains(root.GetProperty("relative")[0].GetProperty("length").GetInt32(), (int[])[4, 8, 12, 16]);
        Assert.Equal(3, root.GetProperty("relative")[0].GetProperty("relative_gain").GetArrayLength());
        Assert.Equal(249, root.GetProperty("by_distance").EnumerateArray().Sum(own => own.GetProperty("characters").GetInt64()));
    }

    [Fact]
    public async Task People_see_a_table_of_lengths_and_the_best_possible_loss()
    {
        string output = await FakeTerminal.OutputOf(["context", trained.Run, .. Small]);
        Assert.All((string[])["Effective context length in characters", "r = 0.1", "r = 0.5", "by itself", "Loss by context length", "optimum", "none"], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_is_written_beside()
    {
        using TemporaryFolder folder = new();
        string page = folder["context.html"];
        await FakeTerminal.OutputOf(["context", trained.Run, trained.Other, "--out", page, .. Small]);
        string text = File.ReadAllText(page);
        Assert.All((string[])["Effective context length of run, other", "run uses ", "the perplexity of run goes from", "bits beyond the optimum on answers"], part => Assert.Contains(part, text.Replace("other uses ", "run uses ", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_text_has_no_optimum()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["text.txt"], string.Concat(Enumerable.Repeat("abBAcC", 20)));
        using JsonDocument result = JsonDocument.Parse(await FakeTerminal.OutputOf(["context", trained.Run, "--data", folder["text.txt"], "--json", .. Small]));
        Assert.Equal(0, result.RootElement.GetProperty("by_distance").GetArrayLength());
        Assert.Equal(folder["text.txt"], result.RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task An_optimum_that_does_not_go_with_the_tokens_is_left_out_and_told()
    {
        using TemporaryFolder folder = new();
        foreach (string size in (string[])["2000", "4000"])
        {
            await FakeTerminal.OutputOf("data", "synthetic", "nested", "--out", folder[size], "--size", size, "--depth", "4", "--symbols", "3");
        }

        File.Copy(folder["4000/test.optimum"], folder["2000/test.optimum"], overwrite: true);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(["context", trained.Run, "--data", folder["2000"], .. Small]));
        Assert.Contains("is ignored: it has 200 characters, but the text 100 tokens", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("optimum", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_of_different_vocabularies_are_not_compared()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), folder["words"], 1));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["context", trained.Run, folder["words"], .. Small]));
        Assert.Contains("has another vocabulary", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.1,x")]
    [InlineData("0")]
    [InlineData("1.5")]
    public async Task A_fraction_that_is_none_is_refused(string fractions)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("context", trained.Run, "--r", fractions));
        Assert.Contains("must be numbers above 0 and at most 1", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_longer_than_the_text_is_refused_with_both_lengths()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("context", trained.Run, "--most", "400", "--delta", "100"));
        Assert.Contains("the text has 250 tokens, but a context of 400 needs at least 401", terminal.Error, StringComparison.Ordinal);
        Assert.StartsWith($"txl: '{trained.Run}': ", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("(--most)\n", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_is_too_short_is_named()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("one.txt", "a");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("context", trained.Run, "--data", text));
        Assert.StartsWith($"txl: '{text}': the text has 1 token, but ", terminal.Error, StringComparison.Ordinal);
    }
}
