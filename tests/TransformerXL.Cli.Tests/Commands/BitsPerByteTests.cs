using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>The unit that is customary for the kind of token comes first, and every figure is divided by what it names.</summary>
public partial class BitsPerByteTests
{
    private const string Text = "Зима́ идёт, 雪が降る: the model reads. ";

    [Theory]
    [InlineData("bytes", "bits per byte", "bits per character")]
    [InlineData("byte-pairs", "bits per byte", "bits per character")]
    [InlineData("characters", "bits per character", "bits per byte")]
    [InlineData("words", "perplexity", "bits per character")]
    public async Task A_model_is_evaluated_in_the_unit_of_its_tokens_first(string vocabulary, string first, string second)
    {
        using TemporaryFolder folder = new();
        string data = WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 2, Options(vocabulary)));
        using JsonDocument document = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", run, "--data", data, "--json", "--threads", "1"));
        JsonElement root = document.RootElement;
        double bits = root.GetProperty("loss").GetDouble() * root.GetProperty("tokens").GetInt64() / Math.Log(2);
        Assert.Equal(bits / root.GetProperty("characters").GetInt64(), root.GetProperty("bits_per_character").GetDouble(), 1e-9);
        if (vocabulary == "words")
        {
            Assert.False(root.TryGetProperty("bits_per_byte", out _));
        }
        else
        {
            // All but the first token, which is a byte, a character, or the bytes of one.
            Assert.InRange(new FileInfo(data).Length - root.GetProperty("bytes").GetInt64(), 1, 12);
            Assert.Equal(bits / root.GetProperty("bytes").GetInt64(), root.GetProperty("bits_per_byte").GetDouble(), 1e-9);
            Assert.True(root.GetProperty("bits_per_byte").GetDouble() < 0.8 * root.GetProperty("bits_per_character").GetDouble());
        }

        string shown = await FakeTerminal.OutputOf("evaluate", run, "--data", data, "--threads", "1");
        Assert.InRange(shown.IndexOf(first, StringComparison.Ordinal), 0, shown.IndexOf(second, StringComparison.Ordinal) - 1);
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("byte-pairs")]
    public async Task A_training_tells_bits_per_byte_in_lines_metrics_events_info_and_report(string vocabulary)
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        string lines = await FakeTerminal.OutputOf(TinyRun.Train(WriteText(folder), run, 10, Options(vocabulary)));
        Assert.Matches(@"step 10/10 .* bits per byte", lines);
        Assert.Matches(@"validation at step 10: .* bits per byte", lines);
        JsonElement[] metrics = [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement step = metrics.Last(line => line.GetProperty("kind").GetString() == "step"), validation = metrics.Last(line => line.GetProperty("kind").GetString() == "validation");
        double length = step.GetProperty("bits_per_token").GetDouble() / step.GetProperty("bits_per_byte").GetDouble();
        Assert.InRange(length, vocabulary == "bytes" ? 1 - 1e-9 : 1.1, vocabulary == "bytes" ? 1 + 1e-9 : 20);
        Assert.True(validation.GetProperty("bits_per_byte").GetDouble() < 0.8 * validation.GetProperty("bits_per_character").GetDouble());
        string bits = validation.GetProperty("bits_per_byte").GetDouble().ToString("0.000", CultureInfo.InvariantCulture);
        Assert.Contains($"nats, {bits} bits per byte", await FakeTerminal.OutputOf("info", run), StringComparison.Ordinal);
        Assert.Contains($"(bits per byte: {bits})", File.ReadAllText(Path.Combine(run, "report.html")), StringComparison.Ordinal);
        string events = Encoding.Latin1.GetString(File.ReadAllBytes(Assert.Single(Directory.GetFiles(run, "events.out.tfevents.*"))));
        Assert.Contains("train/bits_per_byte", events, StringComparison.Ordinal);
        Assert.Contains("validation/bits_per_byte", events, StringComparison.Ordinal);
        Assert.DoesNotContain("perplexity", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluation_score_and_surprise_agree_on_bits_per_byte()
    {
        using TemporaryFolder folder = new();
        string data = WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 4, Options("byte-pairs")));
        using FakeTerminal score = new();
        Assert.Equal(ExitCode.Ok, await score.RunAsync("score", run, data, "--threads", "1"));
        double scored = double.Parse(BitsPerByte().Match(score.Error).Groups[1].Value, CultureInfo.InvariantCulture);
        double sum = score.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(line => JsonDocument.Parse(line).RootElement.GetProperty("bits").GetDouble());
        Assert.Equal(sum / new FileInfo(data).Length, scored, 1e-4);
        using JsonDocument evaluated = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", run, "--data", data, "--json", "--threads", "1"));
        Assert.Equal(scored, evaluated.RootElement.GetProperty("bits_per_byte").GetDouble(), 0.05);
        using JsonDocument surprise = JsonDocument.Parse(await FakeTerminal.OutputOf("surprise", run, data, "--json", "--threads", "1"));
        Assert.Equal(scored, surprise.RootElement.GetProperty("bits_per_byte_with_memory").GetDouble(), 0.05);
        Assert.Contains("bits per byte with a memory", File.ReadAllText(Path.Combine(run, "surprise.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bytes", "bits/byte")]
    [InlineData("characters", "bits/char")]
    [InlineData("words", "perplexity")]
    public async Task A_comparison_has_the_unit_of_its_tokens(string vocabulary, string column)
    {
        using TemporaryFolder folder = new();
        string[] line =
        [
            "compare", "--data", WriteText(folder), "--out", folder["out"], "--models", "transformer-xl", "--layers", "1", "--model-size", "8", "--heads", "1", "--target", "4", "--memory", "4",
            "--batch", "2", "--steps", "2", "--validate-every", "2", "--sample", "0", "--positions", "5", "--most", "8", "--threads", "1", .. Options(vocabulary),
        ];
        using FakeTerminal wide = new(width: 110);
        await wide.RunAsync(line);
        Assert.Contains(column, wide.Out, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"col\">bits per character", File.ReadAllText(folder["out/comparison.html"]), StringComparison.Ordinal);
        JsonElement row = JsonDocument.Parse((await FakeTerminal.OutputOf([.. line, "--json"])).TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal(vocabulary != "words", row.TryGetProperty("bits_per_byte", out JsonElement bits));
        Assert.True(vocabulary == "words" || bits.GetDouble() < 0.8 * row.GetProperty("bits_per_character").GetDouble());
    }

    private static string[] Options(string vocabulary) =>
        vocabulary == "byte-pairs" ? ["--vocabulary", vocabulary, "--max-vocabulary", "280"] : ["--vocabulary", vocabulary];

    private static string WriteText(TemporaryFolder folder)
    {
        string path = folder["text.txt"];
        Random random = new(3);
        File.WriteAllText(path, string.Concat(Enumerable.Range(0, 120).Select(i => $"{Text[random.Next(20)..]}{i % 7}{(i % 4 == 3 ? "\n" : "")}")));
        return path;
    }

    [GeneratedRegex(@"(\d+\.\d+) bits per byte")]
    private static partial Regex BitsPerByte();
}
