using System.Text.Json;
using TransformerXL.Testing;
using TransformerXL.Training.Footprint;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Commands with a model of another kind than they need: they refuse it and say what is true of it.</summary>
public sealed class OtherKindsTests(ModelKindsFixture kinds) : IClassFixture<ModelKindsFixture>
{
    private const double Mebibyte = 1 << 20;

    [Theory]
    [InlineData("generate ENCODER x --tokens 2")]
    [InlineData("surprisal ENCODER TEXT")]
    [InlineData("context ENCODER")]
    [InlineData("watch ENCODER TEXT")]
    public async Task An_encoder_is_refused_with_the_commands_that_use_it(string command)
    {
        string error = await RefusalOf(command);
        Assert.Contains("reads a text in both directions", error, StringComparison.Ordinal);
        Assert.DoesNotContain("score it", error, StringComparison.Ordinal);
        // A command that the message names accepts the model.
        Assert.Contains("'txl score'", error, StringComparison.Ordinal);
        Assert.NotEmpty(await FakeTerminal.OutputOf("score", kinds.Encoder, kinds.Text, "--threads", "1"));
    }

    [Fact]
    public async Task Predict_of_an_encoder_names_no_command_that_refuses_encoders()
    {
        string error = await RefusalOf("predict ENCODER TEXT");
        Assert.Contains("'txl fill-mask' and 'txl embed' use it", error, StringComparison.Ordinal);
        Assert.DoesNotContain("txl generate", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ENCODER", "--dynamic", "predicts masked tokens")]
    [InlineData("ENCODER", "--batch 2", "predicts masked tokens")]
    [InlineData("CLASSIFIER", "--dynamic", "predicts a label of each text")]
    [InlineData("CLASSIFIER", "--memory 9", "predicts a label of each text")]
    [InlineData("CLASSIFIER", "--target 9", "predicts a label of each text")]
    [InlineData("CLASSIFIER", "--clamp 9", "predicts a label of each text")]
    [InlineData("CLASSIFIER", "--same-length", "predicts a label of each text")]
    [InlineData("CLASSIFIER", "--batch 2", "predicts a label of each text")]
    [InlineData("CLASSIFIER", "--precision int8", "predicts a label of each text")]
    public async Task Evaluate_refuses_options_that_it_would_not_read(string run, string option, string because)
    {
        string error = await RefusalOf($"evaluate {run} --split valid {option}");
        Assert.Contains($"{option.Split(' ')[0]} is for models that predict the next token", error, StringComparison.Ordinal);
        Assert.Contains(because, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_a_task_has_no_text_that_could_have_changed()
    {
        Assert.Contains("'context' needs a language model", await RefusalOf("context CLASSIFIER"), StringComparison.Ordinal);
        Assert.Contains("has no text: it was trained on labelled examples. Name a text with --text", await RefusalOf("attention CLASSIFIER"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attention_of_a_model_folder_names_its_own_option_for_a_text()
    {
        using TemporaryFolder folder = new();
        await FakeTerminal.OutputOf("export", kinds.Classifier, "--out", folder["exported"]);
        await FakeTerminal.OutputOf("import", folder["exported"], "--out", folder["model"]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("attention", folder["model"]));
        Assert.Contains("Name a text with --text", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attention_counts_the_tokens_of_a_text_that_is_too_short()
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("short.txt", "abc");
        Assert.Contains("the text has 3 tokens", await RefusalOf($"attention CLASSIFIER --text {text}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_names_the_family_and_the_task_and_gives_no_perplexity_of_a_task()
    {
        string classifier = await FakeTerminal.OutputOf("info", kinds.Classifier), encoder = await FakeTerminal.OutputOf("info", kinds.Encoder);
        Assert.Contains("transformer-xl, ", classifier, StringComparison.Ordinal);
        Assert.Contains("predicts a label of each text: blue, green, red", classifier, StringComparison.Ordinal);
        Assert.Contains("loss of the task", classifier, StringComparison.Ordinal);
        Assert.DoesNotContain("bits per byte", classifier, StringComparison.Ordinal);
        Assert.DoesNotContain("token files", classifier, StringComparison.Ordinal);
        Assert.Contains("encoder, ", encoder, StringComparison.Ordinal);
        Assert.Contains("nats, mean of masked tokens", encoder, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(await FakeTerminal.OutputOf("info", kinds.Encoder, "--json"));
        Assert.Equal(("encoder", "masked tokens"), (json.RootElement.GetProperty("model").GetProperty("family").GetString(), json.RootElement.GetProperty("model").GetProperty("predicts").GetString()));
    }

    [Theory]
    [InlineData("predict CLASSIFIER TEXT --batch 4096", "this prediction", "A smaller --batch")]
    [InlineData("evaluate CLASSIFIER --split valid", "this evaluation", "")]
    [InlineData("evaluate ENCODER --memory 1000000", "this evaluation", "A smaller --memory")]
    [InlineData("fill-mask ENCODER a", "this prediction", "")]
    [InlineData("attention CLASSIFIER --text TEXT --positions 60000", "this reading", "A smaller --positions")]
    public async Task Every_command_that_computes_checks_the_memory_first(string command, string what, string remedy)
    {
        string error = await RefusalOf(command, new MachineMemory(Mebibyte, Mebibyte, false));
        Assert.Contains($"{what} needs about", error, StringComparison.Ordinal);
        Assert.Contains(remedy, error, StringComparison.Ordinal);
    }

    private async Task<string> RefusalOf(string command, MachineMemory? memory = null)
    {
        using FakeTerminal terminal = new(memory: memory);
        string[] words = [.. command.Replace("ENCODER", kinds.Encoder, StringComparison.Ordinal).Replace("CLASSIFIER", kinds.Classifier, StringComparison.Ordinal).Replace("TEXT", kinds.Text, StringComparison.Ordinal).Split(' ')];
        int code = await terminal.RunAsync([.. words, "--threads", "1"]);
        Assert.True(code == ExitCode.BadInput, $"exit code {code}: {terminal.Error}");
        return terminal.Error;
    }
}
