using System.Text;
using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What <c>generate</c> gives a pipe, a terminal and a program, and that all readers of a text begin it alike.</summary>
public class WrittenTextTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    private static readonly byte[] Mark = [0xEF, 0xBB, 0xBF];

    [Theory]
    [InlineData("bytes")]
    [InlineData("byte-pairs")]
    public async Task Bytes_that_are_no_text_reach_a_pipe_exactly_and_a_terminal_as_replacements(string vocabulary)
    {
        using TemporaryFolder folder = new();
        byte[] noise = new byte[3000];
        for (int i = 0; i < noise.Length; i++)
        {
            noise[i] = (byte)(0xC0 + (i * 7 % 64));
        }

        File.WriteAllBytes(folder["noise"], noise);
        await FakeTerminal.OutputOf(TinyRun.Train(folder["noise"], folder["run"], 30, vocabulary == "bytes" ? ["--bytes"] : ["--vocabulary", vocabulary, "--max-vocabulary", "270"]));
        string[] line = ["generate", folder["run"], "--tokens", "50", "--seed", "4", "--threads", "1"];
        using FakeTerminal pipe = new(), screen = new(isScreen: true), json = new();
        Assert.Equal(ExitCode.Ok, await pipe.RunAsync(line));
        Assert.Equal(ExitCode.Ok, await screen.RunAsync(line));
        Assert.Equal(ExitCode.Ok, await json.RunAsync([.. line, "--json"]));
        Assert.True(pipe.OutBytes.Length >= 50);
        Assert.Contains(pipe.OutBytes, value => value >= 0xC0);
        Assert.DoesNotContain("\uFFFD"u8.ToArray(), pipe.OutBytes.Chunk(3));
        string replaced = Encoding.UTF8.GetString(pipe.OutBytes);
        Assert.Contains('\uFFFD', screen.Out);
        Assert.DoesNotContain(screen.OutBytes, value => value is 0xC0 or 0xC1 or >= 0xF5);
        using JsonDocument document = JsonDocument.Parse(json.Out);
        Assert.Equal(pipe.OutBytes, document.RootElement.GetProperty("base64").GetBytesFromBase64());
        Assert.Equal(replaced, document.RootElement.GetProperty("text").GetString());
    }

    /// <summary>Text of characters and words is exact in JSON, so that there are no other bytes to give.</summary>
    [Fact]
    public async Task Exact_bytes_are_given_only_where_the_text_cannot_be_exact()
    {
        using JsonDocument document = JsonDocument.Parse(await FakeTerminal.OutputOf("generate", trained.Run, "the ", "--tokens", "5", "--json", "--threads", "1"));
        Assert.Equal(5, document.RootElement.GetProperty("text").GetString()!.Length);
        Assert.False(document.RootElement.TryGetProperty("base64", out _));
    }

    [Fact]
    public async Task A_terminal_shows_the_prompt_before_the_text_and_a_pipe_does_not()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["prompt"], [.. Mark, .. "the model "u8]);
        string[] rest = ["--tokens", "10", "--seed", "3", "--threads", "1"];
        string written = await FakeTerminal.OutputOf(["generate", trained.Run, "the model ", .. rest]);
        Assert.Equal(10, written.Length);
        foreach (string[] prompt in (string[][])[["the model "], ["--prompt-file", folder["prompt"]], ["-"]])
        {
            using FakeTerminal screen = new(isScreen: true, input: "the model "), silent = new(isScreen: true, input: "the model ");
            await screen.RunAsync(["generate", trained.Run, .. prompt, .. rest]);
            await silent.RunAsync(["generate", trained.Run, .. prompt, .. rest, "--no-echo"]);
            Assert.Equal("the model " + written + Environment.NewLine, screen.Out);
            Assert.Equal(written + Environment.NewLine, silent.Out);
        }
    }

    [Fact]
    public async Task Of_a_long_prompt_a_terminal_shows_the_end()
    {
        using FakeTerminal screen = new(isScreen: true, input: TinyRun.Text(200));
        await screen.RunAsync("generate", trained.Run, "-", "--tokens", "1", "--threads", "1");
        Assert.StartsWith("..." + TinyRun.Text(200)[^2000..], screen.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_sample_is_what_its_seed_gives_alone()
    {
        string[] rest = ["--tokens", "15", "--temperature", "1.5", "--threads", "1", "--repetition-penalty", "1.2"];
        string[] lines = (await FakeTerminal.OutputOf(["generate", trained.Run, "the model ", .. rest, "--seed", "8", "--samples", "3", "--json"])).TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        string plain = await FakeTerminal.OutputOf(["generate", trained.Run, "the model ", .. rest, "--seed", "8", "--samples", "3"]);
        for (int sample = 0; sample < 3; sample++)
        {
            JsonElement root = JsonDocument.Parse(lines[sample]).RootElement;
            Assert.Equal((sample, 8 + sample, 15, 10), (root.GetProperty("sample").GetInt32(), root.GetProperty("seed").GetInt32(), root.GetProperty("tokens").GetInt32(), root.GetProperty("prompt_tokens").GetInt32()));
            string alone = await FakeTerminal.OutputOf(["generate", trained.Run, "the model ", .. rest, "--seed", $"{8 + sample}"]);
            Assert.Equal(alone, root.GetProperty("text").GetString());
            Assert.Contains($"--- {sample + 1} of 3, seed {8 + sample} ---{Environment.NewLine}{alone}{Environment.NewLine}", plain, StringComparison.Ordinal);
        }

        using FakeTerminal endless = new();
        Assert.Equal(ExitCode.WrongUsage, await endless.RunAsync("generate", trained.Run, "--samples", "2", "--tokens", "0"));
        Assert.Contains("--samples writes one continuation after the other", endless.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_that_ends_before_its_first_character_is_told_all_the_same()
    {
        string first = await FakeTerminal.OutputOf("generate", trained.Run, "--tokens", "1", "--temperature", "0", "--threads", "1");
        string stop = first.Replace("\n", "\\n", StringComparison.Ordinal);
        string[] lines = (await FakeTerminal.OutputOf("generate", trained.Run, "--temperature", "0", "--threads", "1", "--samples", "2", "--seed", "1", "--stop", stop, "--json")).TrimEnd().Split('\n');
        Assert.Equal([("", "stop", 0), ("", "stop", 1)], lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Select(root => (root.GetProperty("text").GetString()!, root.GetProperty("ended_by").GetString()!, root.GetProperty("sample").GetInt32())));
    }

    [Fact]
    public async Task The_greedy_continuation_begins_with_what_the_score_holds_for_the_most_probable()
    {
        foreach (string prompt in (string[])["t", "the model re", "a memory keeps the segment. one"])
        {
            string next = await FakeTerminal.OutputOf("generate", trained.Run, prompt, "--tokens", "1", "--temperature", "0", "--threads", "1");
            using FakeTerminal score = new(input: prompt + "?");
            await score.RunAsync("score", trained.Run, "-", "--top", "1", "--threads", "1");
            JsonElement last = JsonDocument.Parse(score.Out.TrimEnd().Split('\n')[^1]).RootElement;
            JsonElement top = Assert.Single(last.GetProperty("top").EnumerateArray());
            Assert.Equal(next, top.GetProperty("token").GetString());
            Assert.InRange(top.GetProperty("log_probability").GetDouble(), -10, 0);
        }
    }

    [Fact]
    public async Task A_byte_order_mark_changes_nothing_in_any_reader_of_text()
    {
        using TemporaryFolder folder = new();
        byte[] text = Encoding.UTF8.GetBytes(TinyRun.Text(30));
        File.WriteAllBytes(folder["plain.txt"], text);
        File.WriteAllBytes(folder["marked.txt"], [.. Mark, .. text]);
        foreach (string[] command in (string[][])[["score", trained.Run, "FILE"], ["generate", trained.Run, "--prompt-file", "FILE", "--tokens", "30", "--seed", "1"], ["surprise", trained.Run, "FILE", "--out", folder["page.html"], "--json"], ["attention", trained.Run, "--text", "FILE", "--out", folder["attention"], "--json"]])
        {
            string[] With(string file) => [.. command.Select(word => word == "FILE" ? file : word), "--threads", "1"];
            string expected = await FakeTerminal.OutputOf(With(folder["plain.txt"]));
            Assert.Equal(expected, await FakeTerminal.OutputOf(With(folder["marked.txt"])));
            using FakeTerminal piped = new([.. Mark, .. text]);
            string[] line = [.. With("-").Where(word => word != "--prompt-file")];
            Assert.Equal(ExitCode.Ok, await piped.RunAsync(line));
            Assert.Equal(expected, piped.Out);
        }
    }

    [Fact]
    public async Task A_repetition_penalty_that_no_logit_survives_is_wrong_usage()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("generate", trained.Run, "a", "--repetition-penalty", "1e-300"));
        Assert.Contains("--repetition-penalty is '1e-300', but must be a number from 0.001 to 1000", terminal.Error, StringComparison.Ordinal);
    }
}
