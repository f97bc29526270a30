using System.Globalization;
using System.Text;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class QuickstartTests
{
    [Fact]
    public async Task From_nothing_to_a_model_that_is_measured_and_writes()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(variables: new() { ["DOTNET_ROOT"] = FakeSdk(folder) });
        int code = await terminal.RunAsync("quickstart", "--seconds", "1", "--out", folder["run"], "--threads", "1");
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.All(
            (string[])["Bits per character", "this model", "brotli", "gzip", "order-0 entropy", "What it writes", "To continue:", Path.Combine(folder["run"], "report.html"), $"txl generate {folder["run"]}", $"txl evaluate {folder["run"]} --memory 0", "loses without its memory", $"txl info {folder["run"]}"],
            text => Assert.Contains(text, terminal.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_commands_that_it_proposes_work()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        await terminal.RunAsync("quickstart", "--seconds", "1", "--data", TinyRun.WriteText(folder), "--out", folder["run"]);
        string[] commands = [.. terminal.Out.Split('\n').Where(line => line.StartsWith("  txl ", StringComparison.Ordinal)).Select(line => line.Trim()["txl ".Length..])];
        Assert.Equal(3, commands.Length);
        foreach (string command in commands)
        {
            await FakeTerminal.OutputOf([.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(command)]);
        }
    }

    [Fact]
    public async Task A_stopped_quickstart_ends_with_130()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(5));
        Assert.Equal(ExitCode.Cancelled, await terminal.RunAsync(stop.Token, "quickstart", "--seconds", "600", "--data", TinyRun.WriteText(folder), "--out", folder["run"]));
    }

    [Fact]
    public async Task Very_little_text_is_enough_or_is_refused_with_its_name()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["short.txt"], "Only one line.\n");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("quickstart", "--seconds", "1", "--data", folder["short.txt"], "--out", folder["run"]));
        Assert.Contains("too few", terminal.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder["run"], "config.json")));
    }

    private static string FakeSdk(TemporaryFolder folder)
    {
        string docs = Directory.CreateDirectory(folder["dotnet/packs/Microsoft.NETCore.App.Ref/99.0.0/ref/net99.0"]).FullName;
        StringBuilder xml = new("<?xml version=\"1.0\"?><doc><members>");
        string[] words = ["reads", "the", "token", "memory", "keeps", "segment", "layer", "of", "a", "model", "text", "before", "after", "each"];
        Random random = new(5);
        for (int i = 0; i < 600; i++)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<member name=\"T:Made.Up.Type{i}\"><summary>It {string.Join(' ', Enumerable.Range(0, 8).Select(_ => words[random.Next(words.Length)]))}.</summary></member>");
        }

        File.WriteAllText(Path.Combine(docs, "Made.Up.xml"), xml.Append("</members></doc>").ToString());
        return folder["dotnet"];
    }
}
