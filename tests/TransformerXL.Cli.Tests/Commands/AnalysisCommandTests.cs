using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class AnalysisCommandTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [Fact]
    public async Task Attention_writes_a_page_and_tables_and_prints_the_widest_heads()
    {
        string output = await FakeTerminal.OutputOf("attention", trained.Run, "--heads", "2");
        string page = Path.Combine(trained.Run, "attention", "attention.html");
        Assert.EndsWith(page, output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("80 % within", output, StringComparison.Ordinal);
        Assert.Contains("of the validation text", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Equal(1 + (4 * 16), File.ReadLines(Path.Combine(trained.Run, "attention", "attention.csv")).Count());
    }

    [Fact]
    public async Task Attention_reads_other_text_and_tells_as_json()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new(input: TinyRun.Text(20));
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("attention", trained.Run, "--text", "-", "--positions", "5", "--tokens", "0", "--at", "40", "--at", "41", "--out", folder["a"], "--json"));
        JsonElement root = JsonDocument.Parse(terminal.Out).RootElement;
        Assert.Equal((5, 5, 3), (root.GetProperty("positions").GetInt32(), root.GetProperty("memory_length").GetInt32(), root.GetProperty("widest").GetArrayLength()));
        Assert.Equal(TinyRun.Text(20).Length - 1 - 8, root.GetProperty("tokens").GetInt64());
        Assert.Equal(1 + (3 * 2 * 5), File.ReadLines(folder["a/targets.csv"]).Count());
    }

    [Fact]
    public async Task Attention_names_a_text_that_is_too_short()
    {
        using FakeTerminal terminal = new(input: "the model");
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("attention", trained.Run, "--text", "-"));
        Assert.Contains("9 tokens, but a memory of 16 is full only after 16", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("(--positions)\n", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_outside_of_the_text_names_its_option_and_the_limits()
    {
        using FakeTerminal terminal = new(input: TinyRun.Text(20));
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("attention", trained.Run, "--text", "-", "--at", "99999"));
        Assert.Matches("'?standard input'?: target 99999 is outside of what was averaged: tokens 16 to [0-9]+ of the text \\(--at\\)\n$", terminal.Error);
    }

    [Fact]
    public async Task Surprisal_tells_bits_with_and_without_memory()
    {
        using TemporaryFolder folder = new();
        string page = folder["page.html"];
        JsonElement root = JsonDocument.Parse(await FakeTerminal.OutputOf("surprise", trained.Run, trained.Data, "--out", page, "--most", "1", "--json")).RootElement;
        Assert.Equal(new FileInfo(trained.Data).Length, root.GetProperty("tokens").GetInt64());
        Assert.Equal((1024, 16), (root.GetProperty("shown").GetInt32(), root.GetProperty("memory_length").GetInt32()));
        Assert.NotEqual(root.GetProperty("bits_with_memory").GetDouble(), root.GetProperty("bits_without_memory").GetDouble());
        Assert.Contains("text.txt: ", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Surprisal_for_people_names_both_figures_and_the_page()
    {
        using FakeTerminal terminal = new(input: "the model reads a token.\n");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("surprisal", trained.Run, "-"));
        Assert.All((string[])["with memory", "without", "saved", "gained most", Path.Combine(trained.Run, "surprise.html")], text => Assert.Contains(text, terminal.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Surprisal_shows_its_figures_even_if_the_page_cannot_be_written()
    {
        using FakeTerminal terminal = new(input: "the model reads a token.\n");
        // No check finds a name that is too long: only writing does.
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("surprisal", trained.Run, "-", "--out", new string('x', 300)));
        Assert.Contains("with memory", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("cannot be written", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Surprisal_refuses_an_empty_text()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("surprise", trained.Run, "-"));
        Assert.Contains("txl: 'standard input' is empty; there is nothing to read", terminal.Error, StringComparison.Ordinal);
    }
}
