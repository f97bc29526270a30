using System.Text.Json;
using TransformerXL.Testing;
using TransformerXL.Training;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Runs on examples whose files are elsewhere now, or that have no test examples.</summary>
public sealed class MovedExamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_goes_on_with_its_examples_in_another_place_and_keeps_it()
    {
        string data = TinyRun.WriteExamples(_folder, "classify");
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", data, Run, 10));
        JsonElement before = await EvaluatedAsync();
        string moved = Path.Combine(Directory.CreateDirectory(_folder["elsewhere"]).FullName, Path.GetFileName(data)), other = _folder.Write("other.jsonl", TinyRun.Examples("classify", 20));
        File.Move(data, moved);

        foreach (string[] command in (string[][])[["evaluate", Run], ["train", "--resume", Run]])
        {
            Assert.Contains($"which {Run} learned from, does not exist. Put it back, or say where it is now: 'txl train --resume {Run} --train PATH --valid PATH'", await ErrorOf(command), StringComparison.Ordinal);
        }

        Assert.Contains("was trained on another text", await ErrorOf("train", "--resume", Run, "--train", other, "--valid", moved), StringComparison.Ordinal);
        Assert.Contains($"the validation examples are not those that {Run} was validated on up to step 10", await ErrorOf("train", "--resume", Run, "--train", moved, "--valid", other), StringComparison.Ordinal);
        Assert.Contains($"--data is {moved} here, but nothing in the run", await ErrorOf("train", "--resume", Run, "--data", moved), StringComparison.Ordinal);
        Assert.Equal(data, RunDirectory.Open(Run).ReadConfiguration().Corpus!.TrainPath);

        await FakeTerminal.OutputOf("train", "--resume", Run, "--train", moved, "--valid", moved, "--threads", "1");
        Assert.Equal(moved, RunDirectory.Open(Run).ReadConfiguration().Corpus!.TrainPath);
        Assert.Equal(before.ToString(), (await EvaluatedAsync()).ToString());
        Assert.Contains("Trained 12 steps", await FakeTerminal.OutputOf("train", "--resume", Run, "--steps", "12", "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_examples_are_measured_without_those_of_the_training_but_without_baselines()
    {
        string data = TinyRun.WriteExamples(_folder, "classify"), other = _folder.Write("other.jsonl", TinyRun.Examples("classify", 20));
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", data, Run, 10));
        JsonElement before = await EvaluatedAsync("--data", other);
        File.Delete(data);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("evaluate", Run, "--data", other, "--json", "--threads", "1"));
        Assert.Contains($"'{data}', which the model learned from, does not exist; there are no baselines", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(before.GetProperty("loss").GetDouble(), JsonDocument.Parse(terminal.Out).RootElement.GetProperty("loss").GetDouble());
    }

    [Theory]
    [InlineData(80, "--test-fraction", "0")]
    [InlineData(24, "--test-fraction", "0.000001")]
    public async Task Without_test_examples_a_training_goes_on_and_an_evaluation_takes_those_of_validation(int count, params string[] options)
    {
        string data = _folder.Write("few.jsonl", string.Concat(Enumerable.Range(0, count).Select(i => $$"""{"text":"{{(i % 2 == 0 ? "sun" : "rain")}} {{i}}","label":"{{i % 2}}"}""" + "\n")));
        string[] train = [.. TinyRun.TrainTask("classify", data, Run, 2, ["--valid-fraction", "0.3", .. options]).Where(argument => argument != "--valid")];
        // --train DATA DATA becomes --data DATA.
        int at = Array.IndexOf(train, "--train");
        train[at] = "--data";
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync([.. train[..(at + 2)], .. train[(at + 3)..]]);
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.Equal(count == 24, terminal.Error.Contains("has no examples for test: a hash of each example chooses its part", StringComparison.Ordinal) && terminal.Error.Contains("(--test-fraction, --test)", StringComparison.Ordinal));
        Assert.Contains($"evaluate {Run} --split valid", terminal.Out, StringComparison.Ordinal);

        using FakeTerminal evaluation = new();
        Assert.Equal(ExitCode.Ok, await evaluation.RunAsync("evaluate", Run, "--threads", "1"));
        Assert.Contains("the run has no test examples; these are the validation examples, which have chosen its weights", evaluation.Error, StringComparison.Ordinal);
        Assert.Contains("the run has no test examples; choose another part", await ErrorOf("evaluate", Run, "--split", "test"), StringComparison.Ordinal);
    }

    private async Task<JsonElement> EvaluatedAsync(params string[] more) =>
        JsonDocument.Parse(await FakeTerminal.OutputOf(["evaluate", Run, "--json", "--threads", "1", .. more])).RootElement;

    private static async Task<string> ErrorOf(params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        return terminal.Error;
    }
}
