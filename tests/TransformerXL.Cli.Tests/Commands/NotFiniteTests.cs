using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Weights so large that float32 overflows: every command that computes with them ends with 1 and says why, and none prints NaN.</summary>
public sealed class NotFiniteTests : IClassFixture<TrainedFixture>, IClassFixture<ModelKindsFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrainedFixture _trained;
    private readonly ModelKindsFixture _kinds;

    public NotFiniteTests(TrainedFixture trained, ModelKindsFixture kinds) => (_trained, _kinds) = (trained, kinds);

    public static TheoryData<string, float> Cases
    {
        get
        {
            TheoryData<string, float> cases = [];
            foreach (string command in (string[])
            [
                "score RUN TEXT", "evaluate RUN", "evaluate RUN --json", "evaluate RUN --precision int8 --json", "evaluate RUN --precision bf16",
                "generate RUN the --tokens 3", "generate RUN --tokens 3 --json", "generate RUN the --tokens 3 --temperature 0 --precision int8",
                "surprise RUN TEXT --out PAGE", "surprise RUN TEXT --out PAGE --json", "attention RUN --out PAGE", "attention RUN --out PAGE --json",
                "context RUN --most 16 --delta 4 --positions 8 --out PAGE", "context RUN --most 16 --delta 4 --positions 8 --json",
            ])
            {
                cases.Add(command, 1e25f);
                cases.Add(command, 3e38f);
            }

            return cases;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_command_names_the_place_and_the_weight(string command, float magnitude)
    {
        string run = Poisoned(magnitude);
        using FakeTerminal terminal = new();
        string[] arguments = [.. command.Split(' ').Select(word => word.Replace("RUN", run, StringComparison.Ordinal).Replace("TEXT", _trained.Data, StringComparison.Ordinal).Replace("PAGE", _folder["page"], StringComparison.Ordinal))];
        int code = await terminal.RunAsync([.. arguments, "--threads", "1"]);
        Assert.True(code == ExitCode.BadInput, $"exit code {code}: {terminal.Error}");
        Assert.Contains("the weights are too large for float32 arithmetic, up to ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("token", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", terminal.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", terminal.Out, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder["page"]), "a page was written");
    }

    [Theory]
    [InlineData("evaluate RUN --json")]
    [InlineData("score RUN TEXT")]
    [InlineData("context RUN --most 16 --delta 4 --positions 8 --json")]
    public async Task A_loss_whose_perplexity_is_no_number_is_refused_too(string command)
    {
        string run = Poisoned(1e6f);
        using FakeTerminal terminal = new();
        string[] arguments = [.. command.Split(' ').Select(word => word.Replace("RUN", run, StringComparison.Ordinal).Replace("TEXT", _trained.Data, StringComparison.Ordinal))];
        int code = await terminal.RunAsync([.. arguments, "--threads", "1"]);
        Assert.True(code == ExitCode.BadInput, $"exit code {code}: {terminal.Error}");
        Assert.Contains("perplexity beyond every number", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_that_begins_with_them_has_diverged()
    {
        using FakeTerminal terminal = new();
        string[] arguments = ["train", "--init", Poisoned(1e25f), "--data", _trained.Data, "--out", _folder["next"], "--steps", "2", "--threads", "1", "--json"];
        Assert.Equal(ExitCode.Diverged, await terminal.RunAsync(arguments));
        Assert.Contains("step 1: the weight 'r_w_bias' holds values up to 1E+25, too large for float32 arithmetic; the loss is NaN", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resumed_training_names_the_first_weight_at_fault()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Diverged, await terminal.RunAsync("train", "--resume", Poisoned(1e25f), "--steps", "40", "--threads", "1", "--json"));
        Assert.Contains("step 31: the weight 'r_w_bias' holds values up to 1E+25, too large for float32 arithmetic; the loss is NaN", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_learning_rate_beyond_float32_is_worded_the_same_for_every_task()
    {
        string[] recipe = ["--lr", "1e308", "--warmup", "0"];
        List<string> said = [];
        foreach (string[] line in (string[][])
        [
            [.. Without(TinyRun.Train(_trained.Data, _folder["run"], 5), "--lr"), .. recipe],
            [.. Without(TinyRun.TrainTask("classify", TinyRun.WriteExamples(_folder, "classify"), _folder["task"], 5), "--warmup"), .. recipe],
        ])
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.Diverged, await terminal.RunAsync(line));
            said.Add(terminal.Error[terminal.Error.IndexOf("step 1: ", StringComparison.Ordinal)..]);
        }

        Assert.StartsWith("step 1: the learning rate of the schedule is beyond float32, whose largest number is 3.4E+38; its peak is set to 1E+308; there is no checkpoint yet", said[0], StringComparison.Ordinal);
        Assert.Equal(said[0], said[1]);
    }

    [Theory]
    [InlineData("--lr 1e308 --optimizer adam", "the learning rate of the schedule is beyond float32")]
    [InlineData("--lr 1e308 --optimizer muon", "the learning rate of the schedule is beyond float32")]
    [InlineData("--lr 1e38 --optimizer sgd", "too large for float32 arithmetic; the loss is NaN")]
    [InlineData("--lr 1e30 --optimizer lamb", "step ")]
    [InlineData("--weight-decay 1e300 --optimizer adamw", "is not finite since step 1")]
    public async Task A_recipe_beyond_float32_ends_as_a_diverged_training(string recipe, string said)
    {
        using FakeTerminal terminal = new();
        string[] options = [.. recipe.Split(' '), "--warmup", "0", "--report-every", "1"];
        Assert.Equal(ExitCode.Diverged, await terminal.RunAsync([.. Without(TinyRun.Train(_trained.Data, _folder["run"], 5), "--lr"), .. options]));
        Assert.Contains(said, terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity,", File.Exists(_folder["run/metrics.jsonl"]) ? File.ReadAllText(_folder["run/metrics.jsonl"]) : "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_that_the_last_step_lost_are_not_saved()
    {
        using FakeTerminal terminal = new();
        string[] line = ["train", "--data", _trained.Data, "--out", _folder["run"], "--steps", "1", "--valid-fraction", "0", "--lr", "1e38", "--optimizer", "sgd", "--clip-norm", "0", "--warmup", "0", "--threads", "1", "--layers", "1", "--model-size", "16", "--heads", "1", "--target", "8", "--memory", "8", "--batch", "2"];
        Assert.Equal(ExitCode.Diverged, await terminal.RunAsync([.. line, "--weight-decay", "1e30"]));
        Assert.Contains("step 1: the weight '", terminal.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run/checkpoints/last"]));
    }

    [Fact]
    public async Task Stored_weights_that_are_no_numbers_are_named_by_file_and_tensor()
    {
        string run = Poisoned(float.NaN);
        foreach (string command in (string[])["evaluate RUN", "generate RUN", "generate RUN --prompt-file TEXT --tokens 3", "embed RUN TEXT", "similar RUN TEXT --to word", "attention RUN", "export RUN --out PAGE --format reference"])
        {
            using FakeTerminal terminal = new();
            string[] words = [.. command.Split(' ').Select(word => word.Replace("RUN", run, StringComparison.Ordinal).Replace("TEXT", _trained.Data, StringComparison.Ordinal).Replace("PAGE", _folder["e"], StringComparison.Ordinal))];
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(words));
            Assert.StartsWith($"txl: {run}", terminal.Error, StringComparison.Ordinal);
            Assert.Equal("", terminal.Out);
            Assert.Contains("model.safetensors: the tensor '", terminal.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("predict CLASSIFIER EXAMPLES", "examples.jsonl', lines 1 to 16: a logit of the head is not finite")]
    [InlineData("predict CLASSIFIER EXAMPLES --batch 1", "examples.jsonl', line 1: a logit of the head is not finite")]
    [InlineData("predict CLASSIFIER FOLDER", "mails', a/1.txt to b/1.txt: a logit of the head is not finite")]
    [InlineData("evaluate CLASSIFIER --split valid", "a logit of the head is not finite")]
    [InlineData("evaluate ENCODER", "a logit of a masked token is not finite")]
    [InlineData("score ENCODER TEXT", "a logit of a masked token is not finite")]
    [InlineData("fill-mask ENCODER [MASK]", "a logit of a masked token is not finite")]
    public async Task Tasks_and_masked_tokens_name_the_weight_too(string command, string message)
    {
        string run = Poisoned(1e25f, command.Contains("ENCODER", StringComparison.Ordinal) ? _kinds.Encoder : _kinds.Classifier);
        using FakeTerminal terminal = new();
        _folder.Write("mails/a/1.txt", "red");
        _folder.Write("mails/b/1.txt", "blue");
        string[] arguments = [.. command.Split(' ').Select(word => word switch { "CLASSIFIER" or "ENCODER" => run, "FOLDER" => _folder["mails"], "EXAMPLES" => _kinds.Examples, "TEXT" => _kinds.Text, _ => word })];
        int code = await terminal.RunAsync([.. arguments, "--threads", "1"]);
        Assert.True(code == ExitCode.BadInput, $"exit code {code}: {terminal.Error}");
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
        Assert.Contains("the weights are too large for float32 arithmetic, up to 1E+25 in '", terminal.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Without(string[] arguments, string option)
    {
        int at = Array.IndexOf(arguments, option);
        return [.. arguments[..at], .. arguments[(at + 2)..]];
    }

    /// <summary>The run with weights of this magnitude and of the signs that were learned.</summary>
    private string Poisoned(float magnitude, string? of = null)
    {
        string source = of ?? _trained.Run, run = _folder["poisoned"];
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(run, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        LanguageModel model = ModelFolder.Load(source).Model;
        foreach (Parameter parameter in model.Parameters)
        {
            foreach (ref float value in parameter.Value.Span)
            {
                value = value < 0 ? -magnitude : magnitude;
            }
        }

        foreach (string checkpoint in Directory.EnumerateDirectories(Path.Combine(run, "checkpoints")))
        {
            ModelWeights.Save(Path.Combine(checkpoint, "model.safetensors"), model);
        }

        return run;
    }
}
