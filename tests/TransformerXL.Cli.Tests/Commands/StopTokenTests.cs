using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class StopTokenTests
{
    [Fact]
    public async Task A_text_stops_at_the_end_of_text_unless_it_is_told_otherwise()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("text.txt", TinyRun.Text().Replace(".", " </s>", StringComparison.Ordinal));
        await FakeTerminal.OutputOf(TinyRun.Train(text, folder["run"], 40, "--vocabulary", "words", "--no-eos"));
        (string ended, string? stop, string written) = await Generate(folder["run"]);
        Assert.Equal(("stop_token", "</s>"), (ended, stop));
        Assert.DoesNotContain("</s>", written, StringComparison.Ordinal);
        (ended, stop, written) = await Generate(folder["run"], "--ignore-end");
        Assert.Equal(("tokens", null), (ended, stop));
        Assert.Contains("</s>", written, StringComparison.Ordinal);
        (ended, stop, written) = await Generate(folder["run"], "--stop-token", "the", "--stop-token", "a");
        Assert.Equal("stop_token", ended);
        Assert.Contains(stop, (string[])["the", "a"]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("generate", folder["run"], "--stop-token", "nowhere"));
        Assert.Contains("the stop token 'nowhere' is not a single token of the vocabulary of", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith(" (--stop-token)\n", terminal.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_token_that_is_a_control_character_does_not_break_the_line_of_statistics()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 2));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", folder["run"], "the model", "--tokens", "2000", "--seed", "1", "--threads", "1", "--stop-token", "\n"));
        Assert.EndsWith("; ended by the token ↵\n", terminal.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private static async Task<(string Ended, string? Stop, string Text)> Generate(string run, params string[] options)
    {
        using JsonDocument json = JsonDocument.Parse(await FakeTerminal.OutputOf(
            ["generate", run, "the model", "--tokens", "60", "--seed", "1", "--json", "--threads", "1", "--checkpoint", "last", .. options]));
        JsonElement root = json.RootElement;
        return (root.GetProperty("ended_by").GetString()!, root.GetProperty("stop").GetString(), root.GetProperty("text").GetString()!);
    }
}
