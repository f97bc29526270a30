using System.Diagnostics;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>Runs the real program and kills it (SIGKILL where there are signals).</summary>
public class KilledProcessTests
{
    // The reports of a training take more than a pipe holds (64 KiB), so a program whose reports are not read waits, and cannot be over before it is killed.
    private const int Steps = 500, MostReports = 50;

    // Pre-training with a second objective, whose head is saved too.
    private const string Pairs = "pairs";

    [Theory]
    [InlineData("")]
    [InlineData("classify")]
    [InlineData("label")]
    [InlineData("answer")]
    [InlineData(Pairs)]
    public async Task A_run_killed_at_random_moments_ends_with_the_weights_of_one_that_was_not(string task)
    {
        using TemporaryFolder folder = new();
        string data = task.Length == 0 || task == Pairs ? TinyRun.WriteText(folder) : TinyRun.WriteExamples(folder, task);
        await FakeTerminal.OutputOf(Options(task, data, folder["whole"]));
        Random random = new(11);
        int killed = 0;
        for (int attempt = 0; attempt < 4; attempt++)
        {
            string[] line = attempt == 0 ? Options(task, data, folder["killed"]) : ["train", "--resume", folder["killed"], "--threads", "1"];
            killed += await KillAfterAsync(random.Next(1, MostReports), [.. line, "--json"]) ? 1 : 0;
        }

        await FakeTerminal.OutputOf("train", "--resume", folder["killed"], "--threads", "1");
        Assert.True(killed > 0, "the training was over before it could be killed");
        Assert.Equal(await File.ReadAllBytesAsync(folder["whole/checkpoints/last/model.safetensors"]), await File.ReadAllBytesAsync(folder["killed/checkpoints/last/model.safetensors"]));
        Assert.Equal(await File.ReadAllBytesAsync(folder["whole/checkpoints/last/state.safetensors"]), await File.ReadAllBytesAsync(folder["killed/checkpoints/last/state.safetensors"]));
        if (task.Length > 0)
        {
            Assert.Equal(await File.ReadAllBytesAsync(folder["whole/checkpoints/last/head.safetensors"]), await File.ReadAllBytesAsync(folder["killed/checkpoints/last/head.safetensors"]));
        }

        Assert.Equal(Losses(folder["whole/metrics.jsonl"]), Losses(folder["killed/metrics.jsonl"]));
    }

    private static string[] Options(string task, string data, string run)
    {
        string[] more = ["--checkpoint-every", "7", "--report-every", "1"];
        if (task == Pairs)
        {
            return
            [
                "train", "--model", "encoder", "--data", data, "--out", run, "--steps", $"{Steps}", "--validate-every", "100", "--second-objective", "sentence-order",
                "--layers", "1", "--model-size", "16", "--heads", "2", "--target", "64", "--batch", "4", "--lr", "0.01", "--dropout", "0.1", "--threads", "1", .. more,
            ];
        }

        return task.Length == 0 ? TinyRun.Train(data, run, Steps, [.. more, "--dropout", "0.1"]) : TinyRun.TrainTask(task, data, run, Steps, more);
    }

    /// <summary>Starts the program and kills it while it trains, after some of its reports have been read; false when it was over before.</summary>
    private static async Task<bool> KillAfterAsync(int reports, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "txl.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        while (reports > 0 && await process.StandardOutput.ReadLineAsync() is not null)
        {
            reports--;
        }

        bool running = !process.HasExited;
        process.Kill();
        await process.WaitForExitAsync();
        await error;
        return running;
    }

    /// <summary>Step and loss of every report; times differ from run to run.</summary>
    private static string[] Losses(string metrics) =>
        [.. File.ReadLines(metrics).Where(line => line.Contains("\"kind\":\"step\"", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(",\"learning_rate\"", StringComparison.Ordinal)])];
}
