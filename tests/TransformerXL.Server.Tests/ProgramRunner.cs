using System.ComponentModel;
using System.Diagnostics;

namespace TransformerXL.Server.Tests;

/// <summary>Runs programs that may not be installed.</summary>
internal static class ProgramRunner
{
    /// <summary>Skips the test where a program is missing.</summary>
    public static void Require(string program, string argument, string hint)
    {
        try
        {
            using Process process = Start(program, argument);
            process.WaitForExit();
            Skip.If(process.ExitCode != 0, hint);
        }
        catch (Win32Exception)
        {
            Skip.If(true, hint);
        }
    }

    /// <summary>The output of a program that succeeds.</summary>
    public static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource patience = new(TestServer.Patience);
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {process.ExitCode} {await error}");
        return await output;
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
