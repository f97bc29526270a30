using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>
/// A tour of the commands with the program compiled to native code, beside the same in this process: what is trimmed away or
/// has no native code would show. The variable TXL_NATIVE names the program.
/// </summary>
public sealed partial class NativeProgramTests
{
    private const string Variable = "TXL_NATIVE";

    /// <summary>In the order in which they need each other's files; times and speeds in what the first ones print differ from run to run.</summary>
    private static readonly string[] Unlike =
    [
        "data synthetic nested --out data --size 5000 --depth 4 --symbols 3",
        "train --data data --out run --steps 20 --keep-every 10 --precision bf16 --dropout 0.1 {model}",
        "train --resume run --steps 25 --threads 1",
        "train --data text.txt --out words --steps 12 --vocabulary words --cutoffs 6,10 --div-val 2 --optimizer lamb --order variable {model}",
        "train --data text.txt --out pairs --steps 3 --vocabulary byte-pairs --max-vocabulary 300 --schedule plateau {model}",
        "train --data data --out lstm --steps 5 --model lstm --layers 1 --model-size 16 --target 8 --batch 4 --threads 1",
        "train --data data --out vanilla --steps 5 --model al-rfou --memory 0 --layers 2 --model-size 16 --heads 2 --target 8 --batch 4 --threads 1",
        "compare --data data --out compared --models transformer-xl,no-recurrence --layers 1 --model-size 16 --heads 2 --target 8 --memory 8 --batch 4 --steps 4 --threads 1",
        "context run lstm --out context.html --start 4 --most 16 --delta 4 --threads 1",
        "evaluate words --threads 1",
        "generate run --tokens 30 --seed 3 --threads 1",
        "bench train --layers 1 --model-size 64 --seconds 0.1 --threads 1",
    ];

    private static readonly string[] Like =
    [
        "",
        "--help",
        "train --help",
        "serve --help",
        "presets",
        "config schema",
        "data list",
        "train --preset tiny --data text.txt --print-config",
        "average run --last 2",
        "export run --out exported --format reference",
        "import exported --out imported",
        "info imported",
        "info imported --json",
        "score run data/test.txt --threads 1",
        "score run data/test.txt --precision int8 --threads 1",
        "score pairs text.txt --precision bf16 --threads 1",
        "score lstm data/test.txt --threads 1",
        "attention run --out looked --threads 1",
        "surprise run data/test.txt --out surprise.html --threads 1",
        "report run",
    ];

    /// <summary>What is refused, with the same words.</summary>
    private static readonly string[] Refused =
    [
        "evaluate run --data missing.txt",
        "evaluate nothing",
        "train --data text.txt",
        "train --data text.txt --out other --layers 0",
        "score run data/test.txt --nonsense",
    ];

    /// <summary>Files that tell when and how fast they were made, or from which path.</summary>
    private static readonly string[] Timed = ["metrics.jsonl", "state.json", "report.html", "comparison.html", "events.out", ".tokens"];

    [SkippableFact]
    public async Task The_native_program_does_what_this_one_does()
    {
        string? program = Environment.GetEnvironmentVariable(Variable);
        Skip.If(program is null, $"the variable {Variable} does not name a program made by 'dotnet publish -p:PublishAot=true'");
        using TemporaryFolder native = new(), managed = new();
        foreach (TemporaryFolder folder in (TemporaryFolder[])[native, managed])
        {
            TinyRun.WriteText(folder);
        }

        foreach (string line in Unlike.Concat(Like).Concat(Refused))
        {
            Outcome own = await RunAsync(program, line, native), expected = await RunAsync("dotnet", line, managed, Path.Combine(AppContext.BaseDirectory, "txl.dll"));
            Assert.True(own.Code == expected.Code, $"{line}: exit code {own.Code} instead of {expected.Code}: {own.Error}{expected.Error}");
            Assert.True(own.Code == 0 != Refused.Contains(line), $"{line}: exit code {own.Code}: {own.Error}");
            if (!Unlike.Contains(line))
            {
                Assert.Equal((line, expected.Output), (line, own.Output));
                Assert.Equal((line, expected.Error), (line, own.Error));
            }
        }

        SortedDictionary<string, string> expectedFiles = Files(managed), ownFiles = Files(native);
        Assert.Equal(expectedFiles.Keys, ownFiles.Keys);
        Assert.All(expectedFiles, file => Assert.True(file.Value == ownFiles[file.Key], $"{file.Key} differs"));
    }

    private static async Task<Outcome> RunAsync(string program, string line, TemporaryFolder folder, params string[] before)
    {
        string[] words = [.. line.Replace("{model}", string.Join(' ', TinyRun.Model), StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        ProcessStartInfo start = new(program, [.. before, .. words]) { WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };

        // The native program has no code for AVX-512, and other instruction sets round otherwise.
        start.Environment["DOTNET_EnableAVX512"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, WithoutFolder(await output, folder), Speed().Replace(WithoutFolder(await error, folder), "tokens/s"));
    }

    /// <summary>What the files hold by name; nothing of those that tell how long something took.</summary>
    private static SortedDictionary<string, string> Files(TemporaryFolder folder)
    {
        SortedDictionary<string, string> contents = new(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories))
        {
            string name = Hash().Replace(Path.GetRelativePath(folder.Path, path), "HASH");
            contents[name] = Timed.Any(part => name.Contains(part, StringComparison.Ordinal)) ? "" : WithoutFolder(File.ReadAllText(path, Encoding.Latin1), folder);
        }

        return contents;
    }

    private static string WithoutFolder(string text, TemporaryFolder folder) => text.Replace(folder.Path, "", StringComparison.Ordinal);

    [GeneratedRegex("[0-9.,]+ tokens/s")]
    private static partial Regex Speed();

    /// <summary>What the folder of encoded text and a file of events are named by: where the text lies, and when.</summary>
    [GeneratedRegex("[0-9a-f]{16}|tfevents.*")]
    private static partial Regex Hash();

    private sealed record Outcome(int Code, string Output, string Error);
}
