using System.Text.Json.Nodes;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class WatchCommandTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    private const string Odd = "ZZZZ QQQQ ####\n";

    private static string Text { get; } = string.Concat(TinyRun.Text().Split(". ").Where(line => !line.Contains('\n', StringComparison.Ordinal)).Take(300).Select(line => line + "\n"));

    [Fact]
    public async Task Lines_of_a_pipe_that_the_model_did_not_expect_are_printed_with_their_numbers()
    {
        using FakeTerminal terminal = new(input: Text + Odd + Text[..500]);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("watch", trained.Run, "--warm-up", "100", "--quantile", "0.999", "--threads", "1"));
        int number = Text.Count(character => character == '\n') + 1;
        string line = Assert.Single(terminal.Out.Split('\n'), line => line.Contains("ZZZZ", StringComparison.Ordinal));
        Assert.Matches($@"^\d+\.\d\d {number}: {Odd.TrimEnd()}$", line);
        Assert.Matches(@"txl: \d+ lines read, \d+ stood out; threshold \d", terminal.Error);
    }

    [Fact]
    public async Task With_json_each_line_tells_bits_and_threshold()
    {
        using FakeTerminal terminal = new(input: Text + Odd);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("watch", trained.Run, "-", "--warm-up", "100", "--json", "--quiet", "--threads", "1"));
        JsonNode last = JsonNode.Parse(terminal.Out.TrimEnd().Split('\n')[^1])!;
        Assert.Equal(("line", Odd.TrimEnd(), Odd.Length), ((string)last["kind"]!, (string)last["text"]!, (int)last["characters"]!));
        Assert.Equal((double)last["bits"]! / Odd.Length, (double)last["bits_per_character"]!, 1e-9);
        Assert.True((double)last["bits_per_character"]! > (double)last["threshold"]!);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public async Task A_file_is_followed_until_the_user_stops()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("log", Text);
        using CancellationTokenSource stop = new();
        using NotingStream output = new(written =>
        {
            if (written.Contains("ZZZZ", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        });
        using FakeTerminal terminal = new(output: output);
        Task<int> running = terminal.RunAsync(stop.Token, "watch", trained.Run, path, "--warm-up", "100", "--threads", "1");
        await File.AppendAllTextAsync(path, Odd);
        Assert.Equal(ExitCode.Cancelled, await running.WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.Contains("lines read", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_missing_is_bad_input()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("watch", trained.Run, "missing.log"));
        Assert.Contains("'missing.log' cannot be read", terminal.Error, StringComparison.Ordinal);
    }
}
