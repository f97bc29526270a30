using System.Globalization;
using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public class CompareCommandTests
{
    private static readonly string[] Small =
    [
        "--models", "transformer-xl,vanilla-half,lstm", "--layers", "2", "--model-size", "16", "--heads", "2", "--target", "8", "--memory", "8", "--batch", "2",
        "--steps", "6", "--validate-every", "3", "--sample", "0", "--positions", "20", "--most", "16", "--threads", "1",
    ];

    [Fact]
    public async Task Models_of_equal_size_are_trained_measured_and_reported_once()
    {
        using TemporaryFolder folder = new();
        string[] line = ["compare", "--data", TinyRun.WriteText(folder), "--out", folder["out"], "--json", .. Small];
        JsonElement[] rows = Rows(await FakeTerminal.OutputOf(line));
        Assert.Equal(["transformer-xl", "vanilla-half", "lstm"], rows.Select(row => row.GetProperty("model").GetString()));
        double parameters = rows[0].GetProperty("parameters").GetInt64();
        Assert.All(rows, row => Assert.InRange(row.GetProperty("parameters").GetInt64() / parameters, 0.95, 1.05));
        Assert.All(rows, row => Assert.Equal(6, row.GetProperty("steps").GetInt64()));
        Assert.All(rows, row => Assert.Equal(3, row.GetProperty("relative_context").GetArrayLength()));
        Assert.False(rows[2].TryGetProperty("attention_length", out _));
        Assert.Contains("Comparison of 3 models", File.ReadAllText(folder["out/comparison.html"]), StringComparison.Ordinal);

        DateTime trained = File.GetLastWriteTimeUtc(folder["out/lstm/metrics.jsonl"]);
        JsonElement[] again = Rows(await FakeTerminal.OutputOf(line));
        Assert.Equal(trained, File.GetLastWriteTimeUtc(folder["out/lstm/metrics.jsonl"]));
        Assert.Equal(rows.Select(row => row.GetProperty("loss").GetDouble()), again.Select(row => row.GetProperty("loss").GetDouble()));
    }

    [Fact]
    public async Task A_training_that_diverges_names_its_model()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Diverged, await terminal.RunAsync(["compare", "--data", TinyRun.WriteText(folder), "--out", folder["out"], "--quiet", .. Small, "--models", "lstm", "--lr", "1e308"]));
        Assert.StartsWith("txl: lstm: step 1: ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_seeds_give_mean_and_spread_and_the_report_names_what_was_compared()
    {
        using TemporaryFolder folder = new();
        string[] line = ["compare", "--data", TinyRun.WriteText(folder), "--out", folder["out"], "--seeds", "3", .. Small];
        JsonElement row = Rows(await FakeTerminal.OutputOf([.. line, "--json"]))[0];
        double[] losses = [.. row.GetProperty("losses").EnumerateArray().Select(loss => loss.GetDouble())];
        Assert.Equal(3, losses.Distinct().Count());
        Assert.Equal(losses[0], row.GetProperty("loss").GetDouble());
        double mean = losses.Average();
        Assert.Equal(mean, row.GetProperty("loss_mean").GetDouble(), 1e-9);
        Assert.Equal(Math.Sqrt(losses.Sum(loss => (loss - mean) * (loss - mean)) / 2), row.GetProperty("loss_deviation").GetDouble(), 1e-9);
        Assert.Equal((1, true), (row.GetProperty("seed").GetInt32(), row.GetProperty("training_loss").GetDouble() > 0));
        Assert.True(File.Exists(folder["out/lstm-seed-3/config.json"]));

        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(line));
        // Every unit is that of the mean: bits of one seed beside nats of all would contradict each other.
        double bits = row.GetProperty("bits_per_character").GetDouble() * mean / losses[0];
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{bits:F3}"), terminal.Out, StringComparison.Ordinal);
        Assert.All((string[])["±", "Text:", "Recipe:", "seeds 1 to 3", "Machine:", "training", "validation"], text => Assert.Contains(text, terminal.Out, StringComparison.Ordinal));
        string page = File.ReadAllText(folder["out/comparison.html"]);
        Assert.All((string[])["What was compared", "text.txt", "seeds 1 to 3", row.GetProperty("processor").GetString()!, "Training loss over the tokens"], text => Assert.Contains(text, page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_budget_that_is_too_small_to_judge_by_is_pointed_out()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string[] line = ["compare", "--data", TinyRun.WriteText(folder), "--out", folder["out"], .. Small, "--lr", "1e-6"];
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(line));
        Assert.Contains("the budget was too small to judge by. transformer-xl has learned no more than how often each token occurs", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("lstm has learned no more", File.ReadAllText(folder["out/comparison.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_in_fewer_bits_are_refused_beside_a_model_that_has_none()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string[] line = ["compare", "--data", TinyRun.WriteText(folder), "--out", folder["out"], .. Small, "--weights", "bf16"];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. line, "--models", "transformer-xl,lstm"]));
        Assert.Contains("the weights are kept in Bfloat16, which is for models with attention; lstm has none, so that the comparison would not be fair (--weights)", terminal.Error, StringComparison.Ordinal);
        await FakeTerminal.OutputOf([.. line, "--models", "transformer-xl"]);
    }

    [Fact]
    public async Task A_folder_of_another_comparison_is_refused()
    {
        using TemporaryFolder folder = new();
        string text = TinyRun.WriteText(folder);
        await FakeTerminal.OutputOf(["compare", "--data", text, "--out", folder["out"], .. Small]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["compare", "--data", text, "--out", folder["out"], .. Small, "--lr", "0.5"]));
        Assert.Contains("was trained for a comparison with other options", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_not_known_is_refused_with_those_that_are()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(["compare", "--data", "x", "--out", "y", "--models", "gru"]));
        Assert.Contains("'gru' is not a model to compare; there are: transformer-xl", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_and_seconds_are_not_both_the_length_of_a_training()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(["compare", "--data", "x", "--out", "y", "--steps", "5", "--seconds", "2"]));
        Assert.Contains("--seconds and --steps both say how long a training is", terminal.Error, StringComparison.Ordinal);
    }

    private static JsonElement[] Rows(string output) =>
    [
        .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(root => root.GetProperty("kind").GetString() == "comparison"),
    ];
}
