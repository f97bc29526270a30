using System.Text.RegularExpressions;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Processes;

/// <summary>Pipes that have a name, and terminals without a size: what shells, containers and build machines give to a program.</summary>
public partial class OddFilesTests(TrainedFixture trained) : IClassFixture<TrainedFixture>
{
    [SkippableTheory]
    [InlineData("generate {run} --prompt-file /dev/stdin --tokens 3")]
    [InlineData("score {run} /dev/stdin")]
    [InlineData("score {run} /dev/stdin --quiet")]
    [InlineData("surprise {run} /dev/stdin --out {page}")]
    public async Task A_pipe_is_read_under_the_name_of_standard_input(string command)
    {
        Skip.IfNot(File.Exists("/dev/stdin"), "needs /dev/stdin");
        using TemporaryFolder folder = new();
        string line = command.Replace("{run}", $"'{trained.Run}'", StringComparison.Ordinal).Replace("{page}", $"'{folder["page.html"]}'", StringComparison.Ordinal);
        (int code, _, string error) = await TxlProcess.ShellAsync($"echo the text | txl {line}");
        Assert.True(code == ExitCode.Ok, error);
    }

    [SkippableFact]
    public async Task A_terminal_without_a_size_is_not_taken_for_a_narrow_one()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "needs script of util-linux");
        string program = Path.Combine(AppContext.BaseDirectory, "txl.dll");
        (int code, string output, string error) = await TxlProcess.ShellAsync(
            $"script -qec \"stty rows 0 cols 0; dotnet '{program}' info '{trained.Run}'\" /dev/null");
        Assert.True(code == ExitCode.Ok, error);
        Assert.Matches(ModelLine(), output);
    }

    [GeneratedRegex(@"model\S* +[\w-]+, [\d,]+ parameters, \d+ layers? of")]
    private static partial Regex ModelLine();
}
