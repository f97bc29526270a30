using System.Diagnostics;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Processes;

/// <summary>Training by two processes that mpirun starts.</summary>
public sealed class MpiTrainingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>A schedule that does not depend on the number of steps.</summary>
    private static readonly string[] Constant = ["--schedule", "constant"];

    [SkippableFact]
    public async Task Two_processes_reach_the_bits_of_one_and_one_goes_on_with_their_run()
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        await FakeTerminal.OutputOf(Options(data, folder["one"], 20));
        (int code, string output) = Run(2, Options(data, folder["two"], 12));
        Assert.True(code == 0, output);
        await FakeTerminal.OutputOf("train", "--resume", folder["two"], "--steps", "20", "--threads", "1");
        (code, output) = Run(2, Options(data, folder["whole"], 20));
        Assert.True(code == 0, output);
        // mpirun gives process 0 a terminal, though its own output is a pipe.
        Assert.DoesNotContain('\u001b', output);
        (code, output) = Run(3, ["train", "--resume", folder["two"], "--steps", "30", "--threads", "1"]);
        Assert.Equal(1, code);
        Assert.Contains("was begun with --batch-chunks 2 and keeps it, so that 3 processes cannot go on with it; 1 or 2 can", output, StringComparison.Ordinal);
        byte[] expected = await File.ReadAllBytesAsync(folder["one/checkpoints/last/model.safetensors"]);
        Assert.Equal(expected, await File.ReadAllBytesAsync(folder["whole/checkpoints/last/model.safetensors"]));
        Assert.Equal(await File.ReadAllBytesAsync(folder["one/checkpoints/last/state.safetensors"]), await File.ReadAllBytesAsync(folder["whole/checkpoints/last/state.safetensors"]));
        Assert.Equal(20, Training.Checkpoint.ReadState(folder["two/checkpoints/last"]).Step);
    }

    [SkippableFact]
    public async Task Processes_share_a_batch_in_equal_chunks_unless_an_option_sets_their_number()
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        string[] Train(string run, params string[] more) => TinyRun.Train(data, folder[run], 4, more);
        (int code, string output) = Run(2, Train("default", "--batch", "4"));
        Assert.True(code == 0, output);
        await FakeTerminal.OutputOf(Train("one", "--batch", "4", "--batch-chunks", "2"));
        Assert.Equal(
            await File.ReadAllBytesAsync(folder["one/checkpoints/last/model.safetensors"]), await File.ReadAllBytesAsync(folder["default/checkpoints/last/model.safetensors"]));
        (code, output) = Run(2, Train("odd", "--batch", "3"));
        Assert.Equal(1, code);
        Assert.Contains("--batch 3 cannot be divided among 2 processes", output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("classify")]
    [InlineData("label")]
    [InlineData("answer")]
    public async Task Two_processes_learn_a_task_with_the_bits_of_one(string task)
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteExamples(folder, task);
        await FakeTerminal.OutputOf(TinyRun.TrainTask(task, data, folder["one"], 12, "--batch-chunks", "2"));
        (int code, string output) = Run(2, TinyRun.TrainTask(task, data, folder["two"], 12, "--batch-chunks", "2"));
        Assert.True(code == 0, output);
        foreach (string file in (string[])["model.safetensors", "head.safetensors", "state.safetensors"])
        {
            Assert.Equal(await File.ReadAllBytesAsync(folder[$"one/checkpoints/last/{file}"]), await File.ReadAllBytesAsync(folder[$"two/checkpoints/last/{file}"]));
        }
    }

    [SkippableFact]
    public void Compressed_gradients_train_to_a_similar_loss()
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        Assert.Equal(0, Run(2, Options(data, folder["exact"], 20)).Code);
        Assert.Equal(0, Run(2, [.. Options(data, folder["compressed"], 20), "--compress-gradients"]).Code);
        double exact = Training.Checkpoint.ReadState(folder["exact/checkpoints/last"]).BestValidationLoss!.Value;
        double compressed = Training.Checkpoint.ReadState(folder["compressed/checkpoints/last"]).BestValidationLoss!.Value;
        Assert.NotEqual(exact, compressed);
        Assert.Equal(exact, compressed, 0.02);
    }

    [SkippableTheory]
    [InlineData("--lr 0.02", "training.learningRate 0.02")]
    [InlineData("--steps 7", "training.steps 7")]
    [InlineData("--layers 3", "model.layers 3")]
    [InlineData("--compress-gradients", "--compress-gradients is given to some of the processes; give it to all of them or to none")]
    public void Processes_that_are_started_with_different_options_are_refused(string options, string named)
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string[] same = Options(TinyRun.WriteText(folder), folder["run"], 20);
        (int code, string output) = Finish(Start([.. Words(1, same), ":", .. Words(1, Replaced(same, options.Split(' ')))]));
        Assert.Equal(1, code);
        Assert.Contains(named, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["run/checkpoints"]));
    }

    [SkippableFact]
    public void An_error_names_the_process_and_the_option_and_ends_all()
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        (int code, string output) = Run(2, TinyRun.Train(TinyRun.WriteText(folder), folder["run"], 5, "--batch-chunks", "1"));
        Assert.Equal(1, code);
        Assert.Contains("txl: process 0 of 2 on ", output, StringComparison.Ordinal);
        Assert.Contains("batch chunks 1 cannot be divided among 2 processes, each of which takes as many; there must be 2, or a multiple of it (--batch-chunks)", output, StringComparison.Ordinal);
    }

    /// <summary>Ctrl+C reaches mpirun alone, which sends SIGTERM to the processes.</summary>
    [SkippableFact]
    public async Task Ctrl_C_saves_the_same_step_of_all_and_the_run_goes_on()
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        (int code, string output) = await RunUntilStoppedAsync(Options(data, folder["stopped"], 1_000_000, Constant), folder["stopped"], mpirun => TxlProcess.ShellAsync($"kill -INT {mpirun.Id}"));
        Assert.NotEqual(0, code);
        long saved = Training.Checkpoint.ReadState(folder["stopped/checkpoints/last"]).Step;
        Assert.True(saved > 0, output);
        await AssertGoesOnAsync(data, folder, (int)saved);
    }

    [SkippableFact]
    public async Task A_process_that_dies_ends_all_is_named_and_the_last_checkpoint_goes_on()
    {
        Skip.IfNot(HasMpi(), "needs mpirun (Debian: openmpi-bin)");
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        (int code, string output) = await RunUntilStoppedAsync(
            Options(data, folder["stopped"], 1_000_000, Constant),
            folder["stopped"],
            mpirun => TxlProcess.ShellAsync($"for child in $(cat /proc/{mpirun.Id}/task/*/children); do tr '\\0' '\\n' < /proc/$child/environ | grep -qx OMPI_COMM_WORLD_RANK=1 && kill -KILL $child; done"));
        Assert.NotEqual(0, code);
        Assert.Contains("process rank 1 with PID", output, StringComparison.Ordinal);
        await AssertGoesOnAsync(data, folder, (int)Training.Checkpoint.ReadState(folder["stopped/checkpoints/last"]).Step);
    }

    /// <summary>The checkpoint of a stopped run has the bits of one that ended there, and one process goes on from it.</summary>
    private static async Task AssertGoesOnAsync(string data, TemporaryFolder folder, int saved)
    {
        await FakeTerminal.OutputOf(Options(data, folder["whole"], saved, Constant));
        Assert.Equal(await File.ReadAllBytesAsync(folder["whole/checkpoints/last/model.safetensors"]), await File.ReadAllBytesAsync(folder["stopped/checkpoints/last/model.safetensors"]));
        await FakeTerminal.OutputOf("train", "--resume", folder["stopped"], "--steps", $"{saved + 5}", "--threads", "1");
        Assert.Equal(saved + 5, Training.Checkpoint.ReadState(folder["stopped/checkpoints/last"]).Step);
    }

    /// <summary>Starts two processes, stops them after their first checkpoint, and waits until mpirun ends.</summary>
    private static async Task<(int Code, string Output)> RunUntilStoppedAsync(string[] arguments, string run, Func<Process, Task> stop)
    {
        using Process process = Process.Start(Start(Words(2, arguments)))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        try
        {
            for (Stopwatch watch = Stopwatch.StartNew(); !Training.Checkpoint.Exists(Path.Combine(run, "checkpoints", "last")) && watch.Elapsed < Limit && !process.HasExited;)
            {
                await Task.Delay(20);
            }

            await stop(process);
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        return (process.ExitCode, await output + await error);
    }

    private static string[] Options(string data, string run, int steps, params string[] more) =>
        TinyRun.Train(data, run, steps, ["--batch-chunks", "2", "--dropout", "0.1", "--validate-every", "10", .. more]);

    private static bool HasMpi() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "mpirun")));

    /// <summary>Options with another value of one of them, or with one more.</summary>
    private static string[] Replaced(string[] options, string[] other)
    {
        int place = Array.IndexOf(options, other[0]);
        return place < 0 ? [.. options, .. other] : [.. options[..place], .. other, .. options[(place + 2)..]];
    }

    private static string[] Words(int processes, string[] arguments) =>
        ["-n", $"{processes}", "--oversubscribe", "--bind-to", "none", "dotnet", Path.Combine(AppContext.BaseDirectory, "txl.dll"), .. arguments];

    private static ProcessStartInfo Start(string[] words)
    {
        ProcessStartInfo start = new("mpirun", words) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["OMPI_MCA_btl"] = "self,vader,tcp";
        start.Environment["TERM"] = "xterm";
        return start;
    }

    private static (int Code, string Output) Run(int processes, string[] arguments) => Finish(Start(Words(processes, arguments)));

    private static (int Code, string Output) Finish(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
    }
}
