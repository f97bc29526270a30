using System.Text.Json;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Presets;

namespace TransformerXL.Cli.Tests.Commands;

public class ConfigurationTests
{
    private static readonly string[] TinyWords =
    [
        "--layers", "1", "--model-size", "16", "--heads", "2", "--head-size", "8", "--inner-size", "16", "--embedding-size", "64",
        "--target", "8", "--memory", "8", "--batch", "2", "--steps", "2", "--sample", "0", "--threads", "1",
    ];

    [Fact]
    public async Task An_option_overrides_the_file_and_the_file_the_preset()
    {
        using TemporaryFolder folder = new();
        string file = Write(folder, "x.json", """{ "training": { "steps": 77, "batchSize": 7 } }""");
        string[] lines = await Lines("train", "--config", file, "--batch", "5", "--preset", "enwik8-base", "--print-config");
        Assert.Contains("training.batchSize 5 option --batch", lines);
        Assert.Contains($"training.steps 77 file {file}", lines);
        Assert.Contains("model.layers 12 preset enwik8-base", lines);
        Assert.Contains("evaluation.memoryLength 2100 preset enwik8-base", lines);
        Assert.Contains("training.seed 1 default", lines);
    }

    [Fact]
    public async Task An_option_is_the_origin_also_of_a_value_that_is_the_default_anyway() =>
        Assert.Contains("training.learningRate 0.00025 option --lr", await Lines("train", "--lr", "0.00025", "--print-config"));

    [Fact]
    public async Task A_configuration_that_is_printed_as_JSON_trains_the_same_from_a_file()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        string printed = await FakeTerminal.OutputOf([.. TinyRun.Train(data, folder["none"], 2, "--warmup", "1"), "--print-config", "--json"]);
        Assert.False(Directory.Exists(folder["none"]));
        string file = Write(folder, "x.json", printed);
        Assert.Equal(printed, await FakeTerminal.OutputOf("train", "--config", file, "--print-config", "--json"));
        await FakeTerminal.OutputOf("train", "--config", file, "--out", folder["file"], "--threads", "1");
        await FakeTerminal.OutputOf(TinyRun.Train(data, folder["options"], 2, "--warmup", "1"));
        Assert.Equal(File.ReadAllText(folder["options/config.json"]), File.ReadAllText(folder["file/config.json"]));
    }

    [Theory]
    [InlineData("float32", false)]
    [InlineData("bf16", true)]
    [InlineData("auto", null)]
    public async Task The_precision_that_is_meant_by_auto_is_settled_when_the_option_is_read(string name, bool? rounded)
    {
        string expected = rounded ?? CpuBackend.HasBfloat16 ? "Bfloat16" : "Float32";
        Assert.Contains($"training.precision {expected} option --precision", await Lines("train", "--precision", name, "--print-config"));
    }

    [Fact]
    public async Task A_text_that_an_option_names_takes_the_place_of_those_of_the_file()
    {
        using TemporaryFolder folder = new();
        string file = Write(folder, "x.json", """{ "corpus": { "trainPath": "a", "validationPath": "b" } }""");
        string[] lines = await Lines("train", "--config", file, "--data", TinyRun.WriteText(folder), "--print-config");
        Assert.Contains($"corpus.path {folder["text.txt"]} option --data", lines);
        Assert.Contains("corpus.trainPath - default", lines);
    }

    [Fact]
    public async Task Without_a_text_in_options_or_file_nothing_is_trained()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string file = Write(folder, "x.json", "{}");
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--config", file, "--out", folder["run"]));
        Assert.Contains($"no text is named: {file} has neither corpus.path", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cutoffs_of_a_preset_that_a_text_has_no_tokens_for_are_left_out_with_a_line()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string run = folder["run"];
        int code = await terminal.RunAsync(["train", "--preset", "wt103-large", "--data", TinyRun.WriteText(folder), "--out", run, .. TinyWords, "--warmup", "1"]);
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.Matches(@"txl: the vocabulary has \d+ tokens; of the preset's cutoffs 20000, 40000, 200000 are left out\n", terminal.Error);
        Assert.Contains("txl: the evaluation of the preset belongs to other lengths of training", terminal.Error, StringComparison.Ordinal);
        RunConfiguration stored = RunDirectory.Open(run).ReadConfiguration();
        Assert.Equal((0, 1, null), (stored.Model.Cutoffs.Count, stored.Model.EmbeddingDivisor, stored.Evaluation));
    }

    [Fact]
    public async Task Cutoffs_of_an_option_beyond_the_vocabulary_are_refused_with_both_numbers()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--preset", "wt103-base", "--data", TinyRun.WriteText(folder), "--out", folder["run"], .. TinyWords, "--cutoffs", "5,800"]));
        Assert.Matches(@"cutoff 800 must be above 5 and below the vocabulary size \d+", terminal.Error);
        Assert.False(File.Exists(folder["run/config.json"]));
    }

    [Fact]
    public async Task Evaluate_takes_the_lengths_that_the_run_has_for_it_unless_options_say_otherwise()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"], file = Write(folder, "x.json", """{ "evaluation": { "targetLength": 5, "memoryLength": 30, "clampLength": 20, "sameLength": true } }""");
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 2, "--config", file));
        Assert.Equal("5 30 20 True", await Evaluated(run));
        Assert.Equal("4 0 20 False", await Evaluated(run, "--target", "4", "--memory", "0", "--same-length", "false"));
    }

    [Theory]
    [InlineData("--preset", "tiny")]
    [InlineData("--config", "x.json")]
    [InlineData("--print-config", "true")]
    public async Task A_run_that_goes_on_keeps_its_configuration(string option, string value)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("train", "--resume", "run", option, value));
        Assert.Contains($"{option} is for a new run; a resumed one keeps its config.json", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_preset_is_wrong_usage_and_answered_with_the_nearest()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("train", "--preset", "enwik8-bas", "--print-config"));
        Assert.Contains("did you mean 'enwik8-base'?", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--preset tagger is for --task label; add that option")]
    [InlineData("--preset tagger is for --task label; leave it out for --task answer", "--task", "answer")]
    public async Task A_preset_of_a_task_is_for_this_task_only(string message, params string[] options)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["train", "--preset", "tagger", "--print-config", .. options]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
        string[] lines = await Lines("train", "--preset", "tagger", "--task", "label", "--print-config");
        Assert.Contains("model.bidirectional true preset tagger", lines);
        Assert.Contains("task.labelLayer Crf preset tagger", lines);
        Assert.Contains("task.delay 0 preset tagger", lines);
    }

    [Fact]
    public async Task A_value_of_a_file_that_is_not_allowed_is_told_with_file_and_member()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string file = Write(folder, "x.json", """{ "training": { "learningRate": -1 } }""");
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--config", file, "--print-config"));
        Assert.Contains($"{file}: training.learningRate: learning rate is -1; it must be", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Presets_are_a_table_that_fits_a_narrow_terminal_and_a_line_of_JSON_each()
    {
        string table = await FakeTerminal.OutputOf("presets");

        // A narrow screen has no columns, so that none can be named by its place.
        Assert.Contains("'memory' is the estimated need of the training", table.ReplaceLineEndings(" "), StringComparison.Ordinal);
        string row = Assert.Single(table.Split('\n'), line => line.Contains("wt103-large ", StringComparison.Ordinal));
        Assert.Matches(@"wt103-large +285\.2 M +18 x 1024 +384/384 +128 +4,000,000 +[\d.]+ GiB", row);
        // Memory is not written as a power of ten.
        Assert.Matches(@"roberta-base .* \d,\d{3} GiB", Assert.Single(table.Split('\n'), line => line.Contains("roberta-base ", StringComparison.Ordinal)));
        string[] lines = (await FakeTerminal.OutputOf("presets", "--json")).TrimEnd('\n').Split('\n');
        Assert.Equal(Preset.All.Count, lines.Length);
        using JsonDocument first = JsonDocument.Parse(lines[0]);
        Assert.Equal("tiny", first.RootElement.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("tiny", "3", "0")]
    [InlineData("tiny", "300", "30")]
    [InlineData("tiny", "400", "40")]
    [InlineData("small", "200", "20")]
    [InlineData("lm1b-base", "1000", "100")]
    public async Task A_preset_shortens_its_own_warm_up_when_there_are_fewer_steps(string preset, string steps, string warmup)
    {
        string[] lines = await Lines("train", "--preset", preset, "--steps", steps, "--print-config");
        Assert.Contains($"training.warmupSteps {warmup} preset {preset}", lines);
    }

    [Fact]
    public async Task A_short_training_of_a_preset_works_and_says_what_was_shortened()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync("train", "--preset", "tiny", "--steps", "3", "--batch", "2", "--data", TinyRun.WriteText(folder), "--out", folder["run"]);
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.Contains("the warm-up of 100 steps is shortened to 0, a tenth of --steps 3", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warm_up_that_was_asked_for_is_never_shortened()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--preset", "tiny", "--steps", "30", "--warmup", "40", "--print-config"));
        Assert.Contains("--warmup 40 must be below --steps 30 for --schedule linear", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_a_file_is_named_as_the_file_does()
    {
        using TemporaryFolder folder = new();
        string file = folder["mine.json"];
        File.WriteAllText(file, """{ "model": { "heads": 3 } }""");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--config", file, "--print-config"));
        Assert.Contains($"{file}: model.heads: ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_optimizer_than_that_of_the_preset_has_its_own_constants()
    {
        using JsonDocument tiny = JsonDocument.Parse(await FakeTerminal.OutputOf("train", "--preset", "tiny", "--print-config", "--json"));
        using JsonDocument sgd = JsonDocument.Parse(await FakeTerminal.OutputOf("train", "--preset", "tiny", "--optimizer", "sgd", "--nesterov", "--momentum", "0.8", "--print-config", "--json"));
        static string Constants(JsonDocument json)
        {
            JsonElement optimizer = json.RootElement.GetProperty("training").GetProperty("optimizer");
            return string.Join(' ', new[] { "kind", "momentum", "matrixRate", "beta1", "beta2" }.Select(name => optimizer.GetProperty(name).ToString()));
        }

        using TemporaryFolder folder = new();
        string file = Write(folder, "x.json", """{ "training": { "optimizer": { "kind": "Adam", "beta2": 0.97 } } }""");
        using JsonDocument adam = JsonDocument.Parse(await FakeTerminal.OutputOf("train", "--preset", "tiny", "--config", file, "--print-config", "--json"));
        Assert.Equal("Muon 0.85 3.5 0.85 0.95", Constants(tiny));
        Assert.Equal("Adam  1 0.9 0.97", Constants(adam));
        Assert.Equal("Sgd 0.8 1 0.9 0.999", Constants(sgd));
    }

    [Fact]
    public async Task On_a_screen_the_configuration_is_a_table()
    {
        using FakeTerminal terminal = new(isScreen: true, width: 120);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("train", "--preset", "tiny", "--print-config"));
        Assert.Matches(@"member +value +from", terminal.Out);
        Assert.Matches(@"training\.learningRate +0\.002 +preset tiny", terminal.Out);
    }

    [Fact]
    public async Task The_schema_that_is_printed_is_the_one_of_the_documentation() =>
        Assert.Equal(File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs", "config.schema.json")), await FakeTerminal.OutputOf("config", "schema"));

    private static async Task<string> Evaluated(string run, params string[] options)
    {
        using JsonDocument json = JsonDocument.Parse(await FakeTerminal.OutputOf(["evaluate", run, "--json", "--threads", "1", .. options]));
        JsonElement root = json.RootElement;
        return $"{root.GetProperty("target_length").GetInt32()} {root.GetProperty("memory_length").GetInt32()} {root.GetProperty("clamp_length").GetInt32()} {root.GetProperty("same_length").GetBoolean()}";
    }

    private static async Task<string[]> Lines(params string[] arguments) =>
        [.. (await FakeTerminal.OutputOf(arguments)).Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    private static string Write(TemporaryFolder folder, string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }
}
