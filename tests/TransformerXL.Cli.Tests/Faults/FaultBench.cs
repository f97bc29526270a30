using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Faults;

/// <summary>Runs the command of a scenario in a folder that is the same each time, with and without a fault.</summary>
internal sealed class FaultBench : IDisposable
{
    public const int Killed = 137;
    public const string NativeProgram = "TXL_NATIVE";

    /// <summary>Files that tell when, how fast or in how many parts they were made.</summary>
    private static readonly string[] s_timed = ["metrics.jsonl", "state.json", ".html", "events.out.tfevents"];

    /// <summary>What only a command at work may have in its folders.</summary>
    private static readonly string[] s_leftovers = [".tmp", ".txl-tmp", ".new", ".previous", ".old", ".part", ".txl-unfinished", ".writing"];

    /// <summary>A command takes a second or two; one that has not ended after this is stuck.</summary>
    private static readonly TimeSpan s_stuck = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();
    private readonly FaultShim _shim;
    private readonly FaultScenario _scenario;

    private FaultBench(FaultShim shim, FaultScenario scenario) => (_shim, _scenario) = (shim, scenario);

    /// <summary>Names of the file calls of the command, in their order.</summary>
    public IReadOnlyList<string> Calls { get; private set; } = [];

    /// <summary>How long the command takes.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>What the command makes.</summary>
    public IReadOnlyDictionary<string, string> Expected { get; private set; } = new Dictionary<string, string>();

    private string Root => _folder["root"];

    public static async Task<FaultBench> CreateAsync(FaultShim shim, FaultScenario scenario)
    {
        FaultBench bench = new(shim, scenario);
        Directory.CreateDirectory(bench.Root);
        FaultScenario.WriteTexts(bench.Root);
        foreach (string line in scenario.Setup)
        {
            FaultOutcome outcome = await bench.RunAsync(line, []);
            Assert.True(outcome.Code == 0, $"{line}: {outcome.Error}");
        }

        Directory.Move(bench.Root, bench._folder["setup"]);
        bench.Reset();
        Stopwatch watch = Stopwatch.StartNew();
        FaultOutcome whole = await bench.RunAsync(scenario.Command, new() { ["TXL_FAULT_LOG"] = bench._folder["calls"] });
        bench.Duration = watch.Elapsed;
        Assert.True(whole.Code == 0, $"{scenario.Command}: {whole.Error}");
        bench.Calls = [.. File.ReadLines(bench._folder["calls"]).Select(line => line.Split(' ')[1])];
        bench.Expected = bench.Contents();
        Assert.Equal("", bench.Leftovers());
        return bench;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Everything as it was before the command.</summary>
    public void Reset()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(_folder["setup"], "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(Root, Path.GetRelativePath(_folder["setup"], path));
            if (Directory.Exists(path))
            {
                Directory.CreateDirectory(target);
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(path, target);
            }
        }

        // Archives hold the times of folders, which the copies in them have changed.
        foreach (string folder in Directory.EnumerateDirectories(_folder["setup"], "*", SearchOption.AllDirectories))
        {
            Directory.SetLastWriteTimeUtc(Path.Combine(Root, Path.GetRelativePath(_folder["setup"], folder)), Directory.GetLastWriteTimeUtc(folder));
        }
    }

    public Task<FaultOutcome> RunAsync() => RunAsync(_scenario.Command, []);

    /// <summary>Runs the command with a fault at a file call.</summary>
    /// <param name="call">Its number, from 1.</param>
    /// <param name="error">The error number, or 0 to kill the process.</param>
    /// <param name="lasting">Whether all later calls fail too.</param>
    public Task<FaultOutcome> RunWithFaultAsync(int call, int error, bool lasting = false) => RunAsync(_scenario.Command, new()
    {
        ["TXL_FAULT_AT"] = call.ToString(CultureInfo.InvariantCulture),
        ["TXL_FAULT_KIND"] = error.ToString(CultureInfo.InvariantCulture),
        ["TXL_FAULT_LAST"] = lasting ? "0" : call.ToString(CultureInfo.InvariantCulture),
    });

    /// <summary>Runs the command and kills it after a while.</summary>
    public Task<FaultOutcome> RunAndKillAsync(TimeSpan after) => RunAsync(_scenario.Command, [], after);

    /// <summary>What differs from what the command makes; nothing if it is there, bit for bit.</summary>
    /// <param name="leftovers">Whether what the next command removes counts too.</param>
    public string Differences(bool leftovers = true)
    {
        IReadOnlyDictionary<string, string> actual = Contents();
        return string.Join(", ", Expected.Keys.Union(actual.Keys)
            .Where(name => Expected.GetValueOrDefault(name) != actual.GetValueOrDefault(name) && (leftovers || !name.Split('/').Any(IsLeftover))).Order(StringComparer.Ordinal));
    }

    private static bool IsLeftover(string name) => s_leftovers.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    public string Leftovers() => string.Join(", ", Directory.EnumerateFileSystemEntries(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
        .Where(IsLeftover).Select(path => Path.GetRelativePath(Root, path)));

    private Dictionary<string, string> Contents()
    {
        Dictionary<string, string> contents = [];
        foreach (string path in Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            string name = Path.GetRelativePath(Root, path);
            if (name.EndsWith("metrics.jsonl", StringComparison.Ordinal))
            {
                contents[name] = Losses(path);
            }
            else if (!s_timed.Any(part => name.Contains(part, StringComparison.Ordinal)))
            {
                contents[name] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
            }
        }

        return contents;
    }

    /// <summary>Step and loss of every step; times differ from run to run.</summary>
    private static string Losses(string metrics) => string.Join(
        '\n',
        File.ReadLines(metrics).Where(line => line.Contains("\"kind\":\"step\"", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(",\"learning_rate\"", StringComparison.Ordinal)]));

    private async Task<FaultOutcome> RunAsync(string line, Dictionary<string, string> variables, TimeSpan? killAfter = null)
    {
        string? native = Environment.GetEnvironmentVariable(NativeProgram);
        string[] words = FaultScenario.Words(line);
        ProcessStartInfo start = new(native ?? "dotnet", native is null ? [Path.Combine(AppContext.BaseDirectory, "txl.dll"), .. words] : words)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (variables.Count > 0)
        {
            (start.Environment["LD_PRELOAD"], start.Environment["TXL_FAULT_ROOT"]) = (_shim.Path, Root);
            foreach ((string name, string value) in variables)
            {
                start.Environment[name] = value;
            }
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (killAfter is { } time)
        {
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(time));
            process.Kill();
        }

        using CancellationTokenSource stuck = new(s_stuck);
        try
        {
            await process.WaitForExitAsync(stuck.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{line} with {string.Join(", ", variables)} does not end: {await error}");
        }

        await output;
        return new FaultOutcome(process.ExitCode, await error);
    }
}
