using System.Diagnostics;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class CompletionCommandTests
{
    [Theory]
    [InlineData("wa", "watch")]
    [InlineData("generate --temp", "--temperature")]
    [InlineData("generate run --precision ", "bf16")]
    [InlineData("evaluate run --threads 2 --pre", "--precision")]
    [InlineData("generate run --seed 1 --", "--temperature")]
    [InlineData("compress a --out b --f", "--fast")]
    [InlineData("evaluate run --dynamic ", "adam")]
    [InlineData("completion ", "fish")]
    [InlineData("train --preset ", "tiny")]
    [InlineData("train --task ", "classify")]
    [InlineData("train --scheme b", "bioes")]
    [InlineData("bench ", "evaluate")]
    [InlineData("bench --json g", "generate")]
    [InlineData("data synthetic ", "recall")]
    [InlineData("data prepare ", "enwik8")]
    public async Task The_program_suggests_commands_options_and_values(string line, string expected) => Assert.Contains(expected, await SuggestAsync(line));

    [Fact]
    public async Task Folders_of_runs_are_suggested_and_those_on_the_way_end_with_a_slash()
    {
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["runs/mine", "runs/other", "runs/deep/er"])
        {
            Directory.CreateDirectory(folder[name]);
        }

        File.WriteAllText(folder["runs/mine/config.json"], "{}");
        string[] words = await SuggestAsync($"generate {folder["runs/"]}");
        Assert.Equal([folder["runs/"] + "deep/", folder["runs/"] + "mine", folder["runs/"] + "other/"], words.Where(word => word.StartsWith(folder["runs/"], StringComparison.Ordinal)));
        Assert.Equal([folder["runs/"] + "mine"], (await SuggestAsync($"info {folder["runs/mi"]}")).Where(word => word.Contains("mine", StringComparison.Ordinal)));
        Assert.DoesNotContain(await SuggestAsync($"score {folder["missing/"]}"), word => word.StartsWith(folder["missing/"], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("generate --quiet ")]
    [InlineData("generate --json ")]
    public async Task After_a_flag_come_folders_of_runs_and_no_values(string line)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["mine"]);
        File.WriteAllText(folder["mine/config.json"], "{}");
        string[] words = await SuggestAsync(line + folder["m"]);
        Assert.Equal([folder["mine"]], words);
        Assert.DoesNotContain("True", await SuggestAsync(line));
    }

    [Fact]
    public async Task Help_is_suggested_under_its_own_names() => Assert.Empty((await SuggestAsync("generate ")).Intersect(["-?", "/?", "/h"]));

    [Theory]
    [InlineData("bash", "complete -o default -F _txl txl")]
    [InlineData("zsh", "#compdef txl")]
    [InlineData("fish", "complete -c txl")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName txl")]
    public async Task Each_shell_has_a_script(string shell, string line) => Assert.Contains(line, await FakeTerminal.OutputOf("completion", shell), StringComparison.Ordinal);

    [Fact]
    public async Task Another_shell_is_wrong_usage()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("completion", "csh"));
        Assert.Contains("SHELL is 'csh', but must be one of: bash, zsh, fish, pwsh", terminal.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("txl gen", "generate")]
    [InlineData("txl generate --temp", "--temperature")]
    [InlineData("txl info runs/m", "runs/mine")]
    [InlineData("txl info spaced/", "spaced/a\\ run")]
    public async Task Bash_completes_by_the_script(string line, string expected)
    {
        Skip.IfNot(File.Exists("/bin/bash"), "there is no /bin/bash");
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["runs/mine", "spaced/a run"])
        {
            Directory.CreateDirectory(folder[name]);
            File.WriteAllText(Path.Combine(folder[name], "config.json"), "{}");
        }

        string script = folder.Write("txl.bash", await FakeTerminal.OutputOf("completion", "bash"));
        string program = Path.Combine(AppContext.BaseDirectory, "txl.dll");
        string commands = $$"""
            set -u
            txl() { dotnet '{{program}}' "$@"; }
            source '{{script}}'
            COMP_LINE='{{line}}'
            COMP_POINT=${#COMP_LINE}
            COMP_WORDS=($COMP_LINE)
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _txl
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using Process bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", commands]) { WorkingDirectory = folder[""], RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = bash.StandardError.ReadToEndAsync();
        string output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(output.TrimEnd() == expected, $"'{output}', {await error}");
    }

    [SkippableFact]
    public async Task Pwsh_completes_by_the_script()
    {
        string? pwsh = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Select(place => Path.Combine(place, "pwsh")).FirstOrDefault(File.Exists);
        Skip.If(pwsh is null || OperatingSystem.IsWindows(), "pwsh is not installed");
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["runs/mine"]);
        File.WriteAllText(folder["runs/mine/config.json"], "{}");
        string program = folder.Write("txl", $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "txl.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        string script = folder.Write("complete.ps1", $$"""
            txl completion pwsh | Out-String | Invoke-Expression
            foreach ($line in 'txl gen', 'txl generate --temp', 'txl info runs/m', 'txl train --preset ti') {
                (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | ForEach-Object CompletionText
            }
            """);
        ProcessStartInfo start = new(pwsh!, ["-NoProfile", "-File", script]) { WorkingDirectory = folder[""], RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{folder[""]}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SequenceEqual(["generate", "--temperature", "runs/mine", "tiny"]), $"'{output}', {await error}");
    }

    private static async Task<string[]> SuggestAsync(string line) =>
        (await FakeTerminal.OutputOf($"[suggest:{line.Length}]", line)).Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
