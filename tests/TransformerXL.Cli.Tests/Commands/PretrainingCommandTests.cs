using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>The objectives of encoders on a text, as a user types them.</summary>
public sealed class PretrainingCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sentence-order", "sentence_order")]
    [InlineData("next-sentence", "next_sentence")]
    public async Task A_second_objective_has_its_accuracy_and_loss_in_validation_evaluation_and_report(string objective, string name)
    {
        string output = await FakeTerminal.OutputOf(Train("--data", TinyRun.WriteText(_folder), "--second-objective", objective));
        Assert.Matches($"validation at step 4: loss .* accuracy 0\\.\\d{{4}}, {name.Replace('_', ' ')} accuracy [01]\\.\\d{{4}}, masked loss", output);
        JsonElement validation = Lines(await File.ReadAllTextAsync(Path.Combine(Run, "metrics.jsonl"))).Last(line => line.GetProperty("kind").GetString() == "validation");
        double masked = validation.GetProperty("masked_loss").GetDouble(), second = validation.GetProperty($"{name}_loss").GetDouble();
        Assert.Equal(masked + second, validation.GetProperty("loss").GetDouble(), 1e-9);
        Assert.True(validation.GetProperty("baselines").GetProperty("majority").GetProperty($"{name}_accuracy").GetDouble() >= 0.5);

        JsonElement evaluated = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--split", "valid", "--json", "--threads", "1")));
        Assert.Equal(validation.GetProperty("loss").GetDouble(), evaluated.GetProperty("loss").GetDouble());
        Assert.Equal(validation.GetProperty($"{name}_accuracy").GetDouble(), evaluated.GetProperty($"{name}_accuracy").GetDouble());
        string page = await File.ReadAllTextAsync(Path.Combine(Run, "report.html"));
        Assert.Contains($"{name.Replace('_', ' ')} accuracy", page, StringComparison.Ordinal);
        Assert.Contains("masked loss", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--objective", "permutation")]
    [InlineData("--second-objective", "sentence-order")]
    public async Task Another_text_is_measured_as_the_text_of_the_run_is(params string[] objective)
    {
        string text = TinyRun.WriteText(_folder);
        await FakeTerminal.OutputOf(Train(["--train", text, "--valid", text, .. objective]));
        Assert.Equal(
            await FakeTerminal.OutputOf("evaluate", Run, "--split", "valid", "--json", "--threads", "1"),
            await FakeTerminal.OutputOf("evaluate", Run, "--data", text, "--json", "--threads", "1"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("8")]
    public async Task No_sequence_of_a_text_is_left_out_of_its_measurement(string memory)
    {
        const int Target = 48;
        await FakeTerminal.OutputOf(Train("--data", TinyRun.WriteText(_folder), "--memory", memory, "--position-type", "relative", "--vocabulary", "bytes"));
        List<int> examples = [];
        foreach (int sequences in (int[])[16, 31, 47])
        {
            string text = _folder.Write("more.txt", string.Concat(Enumerable.Range(0, sequences * (Target - (memory == "0" ? 2 : 0))).Select(i => (char)('a' + (i * 7 % 26)))));
            examples.Add(Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--data", text, "--json", "--threads", "1"))).GetProperty("examples").GetInt32());
        }

        // 15 % of the tokens of all sequences; 31 were measured as 16, and 47 as 32.
        Assert.InRange((double)examples[1] / examples[0], 1.6, 2.3);
        Assert.InRange((double)examples[2] / examples[0], 2.5, 3.4);
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("words")]
    public async Task A_batch_in_chunks_is_the_same_batch_although_its_chunks_have_different_numbers_of_masks(string unit)
    {
        string text = TinyRun.WriteText(_folder);
        List<(double Loss, double Norm)> steps = [];
        foreach (string chunks in (string[])["1", "2", "4"])
        {
            await FakeTerminal.OutputOf(Train("--data", text, "--mask-unit", unit, "--dropout", "0", "--batch-chunks", chunks, "--report-every", "1", "--force"));
            JsonElement step = Lines(await File.ReadAllTextAsync(Path.Combine(Run, "metrics.jsonl"))).First(line => line.GetProperty("kind").GetString() == "step");
            steps.Add((step.GetProperty("loss").GetDouble(), step.GetProperty("gradient_norm").GetDouble()));
        }

        Assert.All(steps, step => Assert.Equal(steps[0].Loss, step.Loss, 1e-5));
        Assert.All(steps, step => Assert.Equal(1, step.Norm / steps[0].Norm, 1e-4));
    }

    [Fact]
    public async Task A_run_goes_on_with_options_that_are_what_it_has()
    {
        await FakeTerminal.OutputOf(Train("--data", TinyRun.WriteText(_folder)));
        await FakeTerminal.OutputOf("train", "--resume", Run, "--steps", "5", "--mask-rate", "0.15", "--objective", "masked", "--threads", "1");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--resume", Run, "--steps", "6", "--mask-rate", "0.25"));
        Assert.Contains("--mask-rate is 0.25 here, but 0.15 in the run", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_of_distances_is_refused_by_models_without_distances()
    {
        string text = TinyRun.WriteText(_folder);
        await FakeTerminal.OutputOf(Train("--data", text));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("embed", Run, text, "--clamp", "4"));
        Assert.Contains("--clamp limits distances", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_replaces_an_earlier_one_and_no_imported_model()
    {
        await FakeTerminal.OutputOf(Train("--data", TinyRun.WriteText(_folder)));
        await FakeTerminal.OutputOf("export", Run, "--out", _folder["exported"]);
        await FakeTerminal.OutputOf("import", _folder["exported"], "--out", _folder["imported"]);
        await FakeTerminal.OutputOf("export", Run, "--out", _folder["exported"], "--force");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("export", Run, "--out", _folder["imported"], "--force"));
        Assert.Contains("is a model folder, not an earlier export", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("accuracy", await FakeTerminal.OutputOf("evaluate", _folder["imported"], "--data", _folder["text.txt"], "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Translations_are_learned_with_positions_that_begin_again_and_the_run_goes_on()
    {
        string first = _folder.Write("one.txt", string.Concat(Enumerable.Range(0, 80).Select(i => $"one {i}.\n"))), second = _folder.Write("two.txt", string.Concat(Enumerable.Range(0, 80).Select(i => $"eins {i}.\n")));
        await FakeTerminal.OutputOf(Train("--data", first, "--translation", second));
        using JsonDocument configuration = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Run, "config.json")));
        Assert.True(configuration.RootElement.GetProperty("model").GetProperty("restartsPositions").GetBoolean());
        Assert.Equal("Translation", configuration.RootElement.GetProperty("masking").GetProperty("objective").GetString());
        Assert.Contains("accuracy", await FakeTerminal.OutputOf("evaluate", Run, "--threads", "1"), StringComparison.Ordinal);

        // The tokens are made again from both files.
        Directory.Delete(Path.Combine(Run, "data"), recursive: true);
        Assert.Contains("Trained 6 steps", await FakeTerminal.OutputOf("train", "--resume", Run, "--steps", "6", "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_orders_are_learned_evaluated_and_looked_at()
    {
        string output = await FakeTerminal.OutputOf(Train("--data", TinyRun.WriteText(_folder), "--objective", "permutation"));
        Assert.Contains("accuracy", output, StringComparison.Ordinal);
        using JsonDocument configuration = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Run, "config.json")));
        Assert.True(configuration.RootElement.GetProperty("model").GetProperty("twoStreams").GetBoolean());
        Assert.Equal(1.0 / 6, configuration.RootElement.GetProperty("masking").GetProperty("rate").GetDouble());
        Assert.Contains("accuracy", await FakeTerminal.OutputOf("evaluate", Run, "--threads", "1"), StringComparison.Ordinal);
        JsonElement attention = Assert.Single(Lines(await FakeTerminal.OutputOf("attention", Run, "--json", "--threads", "1")));
        Assert.Equal(48, attention.GetProperty("positions").GetInt32());
        Assert.True(File.Exists(Path.Combine(Run, "attention", "attention.html")));
    }

    [Theory]
    [InlineData("corpus.translationPath", "--objective", "translation")]
    [InlineData("must be 0", "--second-objective", "next-sentence", "--memory", "8")]
    [InlineData("must be None", "--objective", "permutation", "--second-objective", "next-sentence")]
    [InlineData("must be Tokens", "--objective", "permutation", "--mask-unit", "spans")]
    [InlineData("masks no tokens", "--objective", "permutation", "--mask-random", "0.2")]
    [InlineData("masks no tokens", "--objective", "permutation", "--mask-keep", "0")]
    public async Task Options_that_contradict_each_other_are_refused(string part, params string[] options)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(1, await terminal.RunAsync(Train(["--data", TinyRun.WriteText(_folder), .. options])));
        Assert.Contains(part, terminal.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Run, "config.json")));
    }

    [Theory]
    [InlineData("words")]
    [InlineData("byte-pairs")]
    public async Task An_encoder_of_any_vocabulary_begins_a_task_and_a_further_training(string vocabulary)
    {
        string text = _folder.Write("text.txt", string.Concat(Enumerable.Range(0, 400).Select(i => $"word{i % 300} follows word{i % 290}.\n")));
        await FakeTerminal.OutputOf(Train("--data", text, "--vocabulary", vocabulary));
        string[] steps = ["--steps", "2", "--warmup", "1", "--batch", "4", "--validate-every", "2", "--threads", "1"];
        string examples = TinyRun.WriteExamples(_folder, "classify");
        await FakeTerminal.OutputOf(["train", "--task", "classify", "--init", Run, "--pooling", "first", "--train", examples, "--valid", examples, "--out", _folder["classes"], .. steps]);
        await FakeTerminal.OutputOf(["train", "--init", Run, "--data", text, "--out", _folder["more"], .. steps]);
        Assert.Contains("accuracy", await FakeTerminal.OutputOf("evaluate", _folder["classes"], "--split", "valid", "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_do_not_belong_together_are_refused()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(1, await terminal.RunAsync(Train("--data", _folder.Write("one.txt", "a\nb\n"), "--translation", _folder.Write("two.txt", "a\n"))));
        Assert.Contains("has 2 lines", terminal.Error, StringComparison.Ordinal);
    }

    private string[] Train(params string[] options) =>
    [
        "train", "--model", "encoder", "--out", Run, "--steps", "4", "--validate-every", "2", "--layers", "1", "--model-size", "16", "--heads", "2", "--target", "48", "--batch", "4", "--threads", "1", .. options,
    ];

    private static JsonElement[] Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
