using System.Diagnostics;

namespace TransformerXL.Cli.Tests.Processes;

/// <summary>The real program, started by a shell, which can give it closed, full and broken outputs.</summary>
internal static class TxlProcess
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "txl.dll");

    /// <summary>Runs a line of the POSIX shell in which <c>txl</c> is the program.</summary>
    /// <returns>The exit code of the line, and what it wrote to standard output and error.</returns>
    public static async Task<(int Code, string Output, string Error)> ShellAsync(string line)
    {
        using Process process = Start(line);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts a line of the shell.</summary>
    public static Process Start(string line)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", $"txl() {{ dotnet '{Program}' \"$@\"; }}\n{line}"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        return Process.Start(start)!;
    }
}
