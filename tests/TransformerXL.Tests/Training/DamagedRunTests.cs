using System.Diagnostics;
using TransformerXL.Analysis.Reports;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>A run that lacks files, was moved, or holds what a killed process left.</summary>
public sealed class DamagedRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Corpus _corpus = TinyRun.Corpus();
    private readonly CpuBackend _backend = new(threads: 1);

    private string Run => _folder["run"];

    public void Dispose()
    {
        _folder.Dispose();
        _corpus.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void A_line_of_the_log_that_names_no_checkpoint_tells_of_none()
    {
        _folder.Write("metrics.jsonl", """
            {"kind":"checkpoint","step":1,"path":null}
            {"kind":"checkpoint","step":1}
            {"kind":"checkpoint","step":2,"path":"run/checkpoints/last"}

            """);
        Assert.True(MetricsLog.TellsOfCheckpoint(_folder["metrics.jsonl"], "last"));
        Assert.False(MetricsLog.TellsOfCheckpoint(_folder["metrics.jsonl"], "best"));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("state.safetensors")]
    [InlineData("state.json")]
    public async Task A_last_checkpoint_that_lacks_a_file_is_refused_by_its_name_and_nothing_is_touched(string name)
    {
        await TrainAsync();
        File.Delete(Path.Combine(Run, "checkpoints", "last", name));
        Dictionary<string, string> before = Contents();
        InputException error = Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend));
        Assert.Contains($"lacks {name}", error.Message, StringComparison.Ordinal);
        Assert.Contains("begin with the best weights", error.Message, StringComparison.Ordinal);
        Assert.Equal([new InputRemedy("origin", Run), new("corpus.path", "TEXT"), new("folder", Run + "-2")], error.Remedies);
        Assert.Equal(before, Contents());
    }

    [Theory]
    [InlineData("model.safetensors", 100)]
    [InlineData("state.safetensors", 4)]
    [InlineData("state.json", 0)]
    [InlineData("state.json", 20)]
    public async Task A_last_checkpoint_with_a_file_that_was_cut_is_refused_with_the_way_on(string name, long length)
    {
        await TrainAsync();
        using (FileStream file = new(Path.Combine(Run, "checkpoints", "last", name), FileMode.Open))
        {
            file.SetLength(length);
        }

        Dictionary<string, string> before = Contents();
        RunDirectory run = RunDirectory.Open(Run);
        InputException error = Assert.Throws<InputException>(() => run.RequireTraining(run.ReadConfiguration()));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains("begin with the best weights", error.Message, StringComparison.Ordinal);
        Assert.Equal(error.Message, Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend)).Message);
        Assert.Equal(before, Contents());
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("state.safetensors")]
    public async Task A_last_checkpoint_with_one_changed_bit_in_its_values_is_refused_with_the_way_on_and_nothing_is_touched(string name)
    {
        await TrainAsync();
        string path = Path.Combine(Run, "checkpoints", "last", name);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
        Dictionary<string, string> before = Contents();
        InputException error = Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend));
        Assert.Contains($"{name}' is damaged: the bytes of tensor '", error.Message, StringComparison.Ordinal);
        Assert.Contains("begin with the best weights", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public async Task A_vocabulary_that_is_gone_is_named_before_a_training_goes_on()
    {
        await TrainAsync();
        File.Delete(Path.Combine(Run, "vocabulary.json"));
        Assert.Contains("vocabulary.json is missing", Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_pipe_in_place_of_the_metrics_is_refused_at_once()
    {
        Skip.If(OperatingSystem.IsWindows(), "named pipes are no files on Windows");
        await TrainAsync();
        string metrics = Path.Combine(Run, "metrics.jsonl");
        File.Delete(metrics);
        using (Process make = Process.Start("mkfifo", [metrics]))
        {
            await make.WaitForExitAsync();
        }

        foreach (Action use in (Action[])[() => Trainer.Resume(Run, _corpus, _backend), () => RunReport.Write(RunDirectory.Open(Run))])
        {
            InputException refusal = await Assert.ThrowsAsync<InputException>(() => Task.Run(use).WaitAsync(TimeSpan.FromMinutes(1)));
            Assert.Contains("is a pipe", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_last_checkpoint_that_is_gone_although_it_was_written_is_refused()
    {
        await TrainAsync();
        Directory.Delete(Path.Combine(Run, "checkpoints", "last"), recursive: true);
        Assert.Contains("is missing", Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kill_between_the_first_best_and_the_first_last_begins_the_run_again()
    {
        await TrainAsync();
        Directory.Delete(Path.Combine(Run, "checkpoints", "last"), recursive: true);
        string metrics = Path.Combine(Run, "metrics.jsonl");
        File.WriteAllLines(metrics, File.ReadAllLines(metrics).Where(line => !line.Contains("\"checkpoint\"", StringComparison.Ordinal)));
        Assert.Equal(0, Trainer.Resume(Run, _corpus, _backend).State.Step);
    }

    [Fact]
    public async Task A_best_checkpoint_that_lacks_a_file_is_not_silently_replaced_by_the_last()
    {
        await TrainAsync();
        File.Delete(Path.Combine(Run, "checkpoints", "best", "state.json"));
        Assert.Contains("lacks state.json", Assert.Throws<InputException>(() => ModelFolder.Load(Run)).Message, StringComparison.Ordinal);
        Assert.Equal(8, ModelFolder.Load(Run, "last").Step);
    }

    [Fact]
    public async Task A_changed_bit_in_the_best_weights_is_found_when_the_training_goes_on()
    {
        await TrainAsync();
        string weights = Path.Combine(Run, "checkpoints", "best", "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^3] ^= 1;
        File.WriteAllBytes(weights, bytes);
        string message = Assert.Throws<InputException>(() => Trainer.Resume(Run, _corpus, _backend)).Message;
        Assert.Contains("is damaged", message, StringComparison.Ordinal);
        Assert.Contains("the training can continue without the best weights so far", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_a_validation_that_is_made_again_are_removed()
    {
        string path = _folder.Write("again.jsonl", """
            {"kind":"step","step":4}
            {"kind":"validation","step":4}
            {"kind":"validation","step":8}
            {"kind":"step","step":8}
            {"kind":"step","step":9}

            """);
        new MetricsLog(path, 8, validationIsDue: true).Dispose();
        Assert.Equal(["""{"kind":"step","step":4}""", """{"kind":"validation","step":4}""", """{"kind":"step","step":8}"""], File.ReadAllLines(path));
        new MetricsLog(path, 4).Dispose();
        Assert.Equal(2, File.ReadAllLines(path).Length);
    }

    [SkippableFact]
    public async Task A_training_whose_folder_is_moved_ends_with_an_error()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows moves no folder with an open file");
        Trainer trainer = Trainer.Create(TinyRun.Configuration(_corpus, 8), _corpus, _backend, Run);
        TinyRun.Collector mover = new(report => _ = MoveAt(report, 3));
        InputException error = await Assert.ThrowsAsync<InputException>(() => trainer.RunAsync(mover));
        Assert.Contains("was moved or deleted", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run));

        // Where it is now, it goes on.
        Assert.Equal(8, (await Trainer.Resume(_folder["moved"], _corpus, _backend).RunAsync()).State.Step);
    }

    [SkippableFact]
    public async Task A_training_whose_folder_is_replaced_by_another_does_not_write_into_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "other systems do not report where an open file is");
        Trainer trainer = Trainer.Create(TinyRun.Configuration(_corpus, 8), _corpus, _backend, Run);
        TinyRun.Collector mover = new(report =>
        {
            if (MoveAt(report, 3))
            {
                _folder.Write("run/run.lock", "");
            }
        });
        await Assert.ThrowsAsync<InputException>(() => trainer.RunAsync(mover));
        Assert.Equal(["run.lock"], Directory.GetFileSystemEntries(Run).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_killed_processes_left_is_removed_when_the_run_goes_on_and_nothing_else()
    {
        await TrainAsync();
        string checkpoints = Path.Combine(Run, "checkpoints");
        _folder.Write("run/.config.json.0123456789abcdef.txl-tmp", "half");
        _folder.Write("run/checkpoints/last.previous/state.json", "half");
        _folder.Write("run/checkpoints/best.new/model.safetensors", "half");
        _folder.Write("run/checkpoints/step-000002.old/model.safetensors", "half");
        _folder.Write("run/checkpoints/step-000004/model.safetensors", "half");
        _folder.Write("run/checkpoints/best/.model.safetensors.0123456789abcdef.txl-tmp", "half");
        _folder.Write("run/data/0123456789abcdef/train.tokens.0123.tmp", "half");
        _folder.Write("run/data/0123456789abcdef/.train.tokens.0123456789abcdef.txl-tmp", "half");
        string[] mine = [_folder.Write("run/notes.tmp", "mine"), _folder.Write("run/checkpoints/mine.new/x", "mine"), _folder.Write("run/checkpoints/step-000005/notes", "mine")];
        Trainer.Resume(Run, _corpus, _backend);
        Assert.Equal(
            ["best", "last", "mine.new", "step-000005"],
            Directory.GetDirectories(checkpoints).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFiles(Run, ".*.txl-tmp", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Path.Combine(Run, "data"), "*.tmp", SearchOption.AllDirectories));
        Assert.All(mine, file => Assert.Equal("mine", File.ReadAllText(file)));
    }

    [Fact]
    public async Task What_lies_beside_the_files_of_a_checkpoint_moves_on_with_it()
    {
        await TrainAsync();
        string mine = _folder.Write("run/checkpoints/last/notes.txt", "mine");
        await Trainer.Resume(Run, _corpus, _backend, steps: 12).RunAsync();
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    [Fact]
    public void A_vocabulary_that_a_kill_has_left_out_is_written_when_the_run_begins_again()
    {
        Trainer.Create(TinyRun.Configuration(_corpus), _corpus, _backend, Run);
        File.Delete(Path.Combine(Run, "vocabulary.json"));
        Trainer.Resume(Run, _corpus, _backend);
        Assert.True(File.Exists(Path.Combine(Run, "vocabulary.json")));
    }

    [Fact]
    public void A_folder_that_was_made_for_a_lock_alone_goes_with_it()
    {
        using (RunLock.Take(Run))
        {
            Assert.True(Directory.Exists(Run));
        }

        Assert.False(Directory.Exists(Run));
    }

    private bool MoveAt(TrainingReport report, long step)
    {
        bool moves = report is StepReport { Step: var taken } && taken == step;
        if (moves)
        {
            Directory.Move(Run, _folder["moved"]);
        }

        return moves;
    }

    private Task<TrainingResult> TrainAsync() => Trainer.Create(TinyRun.Configuration(_corpus, 8), _corpus, _backend, Run).RunAsync();

    private Dictionary<string, string> Contents() =>
        Directory.EnumerateFiles(Run, "*", SearchOption.AllDirectories).ToDictionary(path => path, path => Convert.ToHexString(File.ReadAllBytes(path)));
}
