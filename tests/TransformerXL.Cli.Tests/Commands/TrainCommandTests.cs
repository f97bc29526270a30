using System.Text.Json;
using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Cli.Tests.Commands;

public class TrainCommandTests
{
    [Fact]
    public async Task Options_arrive_in_the_configuration_of_the_run()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(
            data, run, 3, "--inner-size", "24", "--pre-norm", "--untied", "--dropout", "0.2", "--attention-dropout", "0.3", "--clamp", "12", "--same-length",
            "--batch-chunks", "2", "--order", "sentences", "--schedule", "constant", "--warmup", "2", "--clip-norm", "0.5", "--seed", "9", "--validation-tokens", "64", "--checkpoint-every", "2", "--report-every", "1"));
        RunConfiguration stored = RunDirectory.Open(run).ReadConfiguration();
        TransformerXLConfiguration model = Assert.IsType<TransformerXLConfiguration>(stored.Model);
        Assert.Equal((2, 16, 2, 24), (model.Layers, model.ModelSize, model.Heads, model.InnerSize));
        Assert.Equal((true, false, 0.2f, 0.3f), (model.PreNorm, model.TieWeights, model.Dropout, model.AttentionDropout));
        Assert.Equal((8, 8, 12, true), (stored.Context.TargetLength, stored.Context.MemoryLength, stored.Context.ClampLength, stored.Context.SameLength));
        TrainingConfiguration training = stored.Training;
        Assert.Equal((3, 4, 2, 0.01, 2), (training.Steps, training.BatchSize, training.BatchChunks, training.LearningRate, training.WarmupSteps));
        Assert.Equal(SegmentOrder.Sentences, training.Order);
        Assert.Equal((0.5, 9UL, 64, 2, 1), (training.ClipNorm, training.Seed, training.ValidationTokens, training.CheckpointEvery, training.ReportEvery));
        Assert.Equal(data, stored.Corpus!.Path);
    }

    [Fact]
    public async Task Options_of_the_recipe_arrive_in_the_configuration_of_the_run()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(
            TinyRun.WriteText(folder), run, 3, "--optimizer", "sgd", "--momentum", "0.9", "--nesterov", "--weight-decay", "0.01", "--decay-exclude", "norms,embeddings", "--clip-without-embeddings",
            "--schedule", "plateau", "--plateau-factor", "0.3", "--plateau-patience", "2", "--min-lr", "0.001", "--initial-dropout", "0.05", "--initial-attention-dropout", "0.02", "--dropout-steps", "7",
            "--keep-every", "2", "--keep", "3", "--patience", "4"));
        TrainingConfiguration training = RunDirectory.Open(run).ReadConfiguration().Training;
        Assert.Equal(new OptimizerOptions { Kind = OptimizerKind.Sgd, Momentum = 0.9, Nesterov = true, WeightDecay = 0.01 }, training.Optimizer);
        Assert.Equal((DecayExclusions.Norms | DecayExclusions.Embeddings, false), (training.DecayExclusions, training.ClipEmbeddings));
        Assert.Equal((ScheduleKind.Plateau, 0.3, 2, 0.001), (training.Schedule, training.PlateauFactor, training.PlateauPatience, training.MinimumLearningRate));
        Assert.Equal((0.05f, 0.02f, 7L), (training.InitialDropout, training.InitialAttentionDropout, training.DropoutSteps));
        Assert.Equal((2L, 3, 4), (training.KeepEvery, training.KeepCount, training.Patience));
    }

    [Fact]
    public async Task A_training_with_long_memories_proposes_an_evaluation_with_one()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        string output = await FakeTerminal.OutputOf(TinyRun.Train(data, run, 3, "--clamp", "12", "--long-memory", "512", "--order", "shuffled", "--activation", "swiglu"));
        Assert.Contains($"txl evaluate {run} --memory 64", output, StringComparison.Ordinal);
        RunConfiguration stored = RunDirectory.Open(run).ReadConfiguration();
        Assert.Equal(SegmentOrder.Shuffled, stored.Training.Order);
        Assert.Equal((FeedForwardActivation.SwiGlu, 48), (((AttentionConfiguration)stored.Model).Activation, ((AttentionConfiguration)stored.Model).InnerSize));
        Assert.DoesNotContain("--memory", await FakeTerminal.OutputOf(TinyRun.Train(data, folder["other"], 3)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Constants_of_muon_arrive_in_the_configuration_of_the_run()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 3, "--optimizer", "muon", "--momentum", "0.9", "--matrix-rate", "3"));
        Assert.Equal(new OptimizerOptions { Kind = OptimizerKind.Muon, Momentum = 0.9, MatrixRate = 3 }, RunDirectory.Open(run).ReadConfiguration().Training.Optimizer);
    }

    [Theory]
    [InlineData("--decay-exclude", "heads", "--decay-exclude is 'heads', but must be none, or of biases, norms, embeddings")]
    [InlineData("--optimizer", "newton", "--optimizer is 'newton', but must be one of: adam, adamw, sgd, adagrad, lamb, muon")]
    public async Task Names_that_a_recipe_does_not_know_are_wrong_usage(string option, string value, string message)
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 3, option, value)));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finished_run_is_trained_longer_averaged_and_evaluated_by_the_name_of_a_checkpoint()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 4, "--keep-every", "2"));
        await FakeTerminal.OutputOf("train", "--resume", run, "--steps", "8", "--threads", "1");
        Assert.Equal(8, RunDirectory.Open(run).ReadConfiguration().Training.Steps);
        Assert.Contains("of steps 4, 6, 8", await FakeTerminal.OutputOf("average", run, "--last", "3"), StringComparison.Ordinal);
        using JsonDocument info = JsonDocument.Parse(await FakeTerminal.OutputOf("info", run, "--json"));
        Assert.Equal(8, info.RootElement.GetProperty("average").GetProperty("step").GetInt64());
        Assert.Equal(JsonValueKind.Null, info.RootElement.GetProperty("average").GetProperty("validation_loss").ValueKind);
        Assert.Equal(4, info.RootElement.GetProperty("kept").GetArrayLength());
        string average = await FakeTerminal.OutputOf("evaluate", run, "--checkpoint", "average", "--json", "--threads", "1");
        Assert.NotEqual(average, await FakeTerminal.OutputOf("evaluate", run, "--checkpoint", "step-6", "--json", "--threads", "1"));
        Assert.Contains("averaged weights up to step 8", await FakeTerminal.OutputOf("evaluate", run, "--checkpoint", "average", "--threads", "1"), StringComparison.Ordinal);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("generate", run, "--checkpoint", "step-5"));
        Assert.Contains("has no checkpoint 'step-5'; it has best, last, average, step-000002", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_that_ends_early_says_so_and_how_to_train_it_on()
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        string[] options = TinyRun.Train(TinyRun.WriteText(folder), run, 400, "--patience", "1", "--schedule", "constant");
        options[Array.IndexOf(options, "--lr") + 1] = "0.3";
        string output = await FakeTerminal.OutputOf(options);
        Assert.Contains("Ended early: no validation in 1 was better than ", output, StringComparison.Ordinal);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("train", "--resume", run));
        Assert.Contains("a --patience above 1, or 0, trains it on", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_plain_lines_tell_the_way_and_the_next_commands()
    {
        using TemporaryFolder folder = new();
        string output = await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 20));
        Assert.Contains("step 20/20  loss ", output, StringComparison.Ordinal);
        Assert.Contains("bits per character", output, StringComparison.Ordinal);
        Assert.Contains($"txl generate {folder["run"]}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_there_is_nothing_but_reports()
    {
        using TemporaryFolder folder = new();
        string output = await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 20, "--json"));
        List<string> kinds = [];
        foreach (string line in output.TrimEnd('\n').Split('\n'))
        {
            using JsonDocument report = JsonDocument.Parse(line);
            kinds.Add(report.RootElement.GetProperty("kind").GetString()!);
        }

        Assert.Equal(2, kinds.Count(kind => kind == "step"));
        Assert.Contains("checkpoint", kinds);
    }

    [Fact]
    public async Task A_folder_that_holds_a_run_is_not_overwritten()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 2));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(TinyRun.Train(data, run, 3)));
        Assert.Contains("holds a run already", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_command_goes_on_with_its_run_and_another_text_does_not()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        string[] command = TinyRun.Train(data, run, 12, "--checkpoint-every", "4");
        await FakeTerminal.OutputOf(command);
        byte[] whole = File.ReadAllBytes(folder["run/checkpoints/last/model.safetensors"]);
        using FakeTerminal again = new();
        Assert.Equal(ExitCode.Ok, await again.RunAsync(command));
        Assert.Contains("has taken all of its 12 steps already", again.Error, StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(folder["run/checkpoints/last/model.safetensors"]));
        File.AppendAllText(data, "something else. ");
        using FakeTerminal other = new();
        Assert.Equal(ExitCode.BadInput, await other.RunAsync(command));
        Assert.Contains("its text has changed", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Force_erases_the_files_of_a_run_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 12, "--keep-every", "5"));
        string mine = folder.Write("run/notes.txt", "mine");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(data, run, 4, "--force")));
        Assert.Contains($"the run in {run} is replaced", terminal.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(mine));
        Assert.Equal(["best", "last"], Directory.GetDirectories(folder["run/checkpoints"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(Directory.GetFiles(run, "events.out.*"));
        Assert.Equal(4, Checkpoint.ReadState(RunDirectory.Open(run).LastCheckpoint).Step);
    }

    [Fact]
    public async Task Force_keeps_the_run_if_the_new_one_cannot_begin()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 4));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(TinyRun.Train(folder["missing.txt"], run, 4, "--force")));
        Assert.DoesNotContain("replaced", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(4, ModelFolder.Load(run).Step);
    }

    [Fact]
    public async Task A_run_that_diverged_before_anything_was_saved_gives_way_to_the_next_try()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        using FakeTerminal first = new(), second = new();
        Assert.Equal(ExitCode.Diverged, await first.RunAsync([.. TinyRun.Train(data, run, 12).Select(word => word == "0.01" ? "1e30" : word)]));
        Assert.Equal(ExitCode.Ok, await second.RunAsync(TinyRun.Train(data, run, 4)));
        Assert.Contains("nothing was saved of the run", second.Error, StringComparison.Ordinal);
        Assert.Equal(4, ModelFolder.Load(run).Step);
    }

    [Fact]
    public async Task A_config_that_is_not_of_a_run_is_not_written_over_even_by_force()
    {
        using TemporaryFolder folder = new();
        string printed = await FakeTerminal.OutputOf("train", "--preset", "tiny", "--print-config", "--json");
        foreach (string content in (string[])["""{ "training": { "steps": 4 } }""", printed])
        {
            string data = TinyRun.WriteText(folder), mine = folder.Write("run/config.json", content);
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(TinyRun.Train(data, folder["run"], 4, "--force")));
            Assert.Contains("not of a run", terminal.Error, StringComparison.Ordinal);
            Assert.Equal(content, File.ReadAllText(mine));
        }
    }

    [Fact]
    public async Task An_incomplete_last_checkpoint_is_refused_with_a_command_that_goes_on_from_the_best()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        string[] command = TinyRun.Train(data, run, 12);
        await FakeTerminal.OutputOf(command);
        byte[] best = File.ReadAllBytes(folder["run/checkpoints/best/model.safetensors"]), metrics = File.ReadAllBytes(folder["run/metrics.jsonl"]);
        File.Delete(folder["run/checkpoints/last/model.safetensors"]);
        foreach (string[] line in (string[][])[["train", "--resume", run], command])
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(line));
            Assert.Contains("lacks model.safetensors", terminal.Error, StringComparison.Ordinal);
            Assert.Equal(best, File.ReadAllBytes(folder["run/checkpoints/best/model.safetensors"]));
            Assert.Equal(metrics, File.ReadAllBytes(folder["run/metrics.jsonl"]));
            int begin = terminal.Error.IndexOf("train --init", StringComparison.Ordinal);
            string proposed = terminal.Error[begin..].Trim();
            Directory.CreateDirectory(run + "-2");
            Directory.Delete(run + "-2", recursive: true);
            await FakeTerminal.OutputOf([.. proposed.Split(' '), "--steps", "3", "--threads", "1", "--batch", "4"]);
            Assert.Equal(3, ModelFolder.Load(run + "-2", "last").Step);
        }
    }

    [Fact]
    public async Task A_run_that_another_process_trains_is_left_alone_whatever_is_asked()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        using RunLock held = RunLock.Take(run);
        foreach (string[] line in (string[][])[TinyRun.Train(data, run, 4), TinyRun.Train(data, run, 4, "--force"), ["quickstart", "--seconds", "1", "--data", data, "--out", run]])
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(line));
            Assert.Contains("in use", terminal.Error, StringComparison.Ordinal);
        }

        Assert.Equal(["run.lock"], Directory.GetFileSystemEntries(run).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Runs_inside_the_folder_of_the_text_are_no_text()
    {
        using TemporaryFolder folder = new();
        string text = TinyRun.Text();
        folder.Write("texts/a.txt", text);
        folder.Write("texts/.hidden", "hidden");
        await FakeTerminal.OutputOf(TinyRun.Train(folder["texts"], folder["texts/earlier"], 4));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(folder["texts"], folder["texts/run"], 4, "--vocabulary", "bytes")));
        Assert.Contains("left out of the text: earlier, run (files and folders of runs); .hidden (hidden)", terminal.Error, StringComparison.Ordinal);
        string tokens = Directory.GetFiles(folder["texts/run/data"], "*.tokens", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length - 128).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), tokens);
    }

    [Fact]
    public async Task A_stop_saves_tells_how_to_go_on_and_ends_with_130()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        using FakeTerminal terminal = new();
        using CancellationTokenSource stop = StopOnceTraining(run);
        Assert.Equal(ExitCode.Cancelled, await terminal.RunAsync(stop.Token, TinyRun.Train(data, run, 1_000_000)));
        Assert.Contains($"txl train --resume {run}", terminal.Out, StringComparison.Ordinal);
        Assert.Contains($"See:       {Path.Combine(run, "report.html")}", terminal.Out, StringComparison.Ordinal);
        Assert.InRange(Checkpoint.ReadState(RunDirectory.Open(run).LastCheckpoint).Step, 1, 999_999);
    }

    [Theory]
    [InlineData("--layers", "3", "--layers is 3 here, but 2 in the run")]
    [InlineData("--steps", "3", "has taken 4 steps already; it cannot be trained to 3")]
    [InlineData("--optimizer", "lamb", "--optimizer is lamb here, but adam in the run")]
    [InlineData("--precision", "bf16", "--precision is bf16 here, but float32 in the run")]
    [InlineData("--nesterov", "true", "--nesterov is true here, but false in the run")]
    [InlineData("--decay-exclude", "none", "--decay-exclude is none here, but biases,norms in the run")]
    [InlineData("--cutoffs", "7,9", "--cutoffs is 7,9 here, but nothing in the run")]
    [InlineData("--data", "other.txt", "--data is ")]
    [InlineData("--schedule", "constant", "--schedule is constant here, but cosine in the run")]
    public async Task A_resumed_run_refuses_options_that_contradict_it(string option, string value, string message)
    {
        using TemporaryFolder folder = new();
        string run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(TinyRun.WriteText(folder), run, 4));
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--resume", run, option, value));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resumed_run_accepts_options_that_agree_with_it()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 4));
        await FakeTerminal.OutputOf([.. TinyRun.Train(data, run, 4), "--resume", "--head-size", "8", "--inner-size", "64"]);
    }

    [Fact]
    public async Task A_run_goes_on_although_its_text_is_gone_because_it_keeps_the_tokens()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        using CancellationTokenSource stop = StopOnceTraining(run);
        using FakeTerminal terminal = new();
        await terminal.RunAsync(stop.Token, TinyRun.Train(data, run, 2000));
        File.Delete(data);
        Directory.Move(run, folder["moved"]);
        await FakeTerminal.OutputOf("train", "--resume", folder["moved"], "--threads", "1");
        Assert.Equal(2000, Checkpoint.ReadState(RunDirectory.Open(folder["moved"]).LastCheckpoint).Step);
    }

    [Fact]
    public async Task A_run_whose_tokens_are_gone_and_whose_text_has_changed_is_refused()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), run = folder["run"];
        await FakeTerminal.OutputOf(TinyRun.Train(data, run, 4));
        Directory.Delete(Path.Combine(run, "data"), recursive: true);
        File.AppendAllText(data, "the end.");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--resume", run));
        Assert.Contains("has changed since it was trained", terminal.Error, StringComparison.Ordinal);
    }

    /// <summary>A wish to stop that comes when the first report has been written, however slow the machine is.</summary>
    private static CancellationTokenSource StopOnceTraining(string run)
    {
        CancellationTokenSource stop = new();
        FileInfo metrics = new(Path.Combine(run, "metrics.jsonl"));
        _ = Task.Run(async () =>
        {
            while (!metrics.Exists || metrics.Length == 0)
            {
                await Task.Delay(10);
                metrics.Refresh();
            }

            await stop.CancelAsync();
        });
        return stop;
    }
}
