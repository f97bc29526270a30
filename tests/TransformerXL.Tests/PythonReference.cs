using System.Diagnostics;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests;

/// <summary>Runs the second implementations in tests/python. Tests are skipped where python3 has no numpy.</summary>
internal static class PythonReference
{
    private static readonly Lazy<string?> s_python = new(() => new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(HasNumpy));

    /// <summary>Skips the test where there is no numpy, before it does what only the comparison needs.</summary>
    public static void Require() => Skip.If(s_python.Value is null, "there is no python3 with numpy (on Debian: apt-get install python3-numpy)");

    /// <summary>The lines that a program of tests/python prints.</summary>
    public static string[] Run(string program, params string[] arguments)
    {
        Require();
        using Process process = Start(s_python.Value!, [Path.Combine(RepositoryRoot.Folder, "tests", "python", program), .. arguments]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool HasNumpy(string python)
    {
        try
        {
            using Process process = Start(python, ["-c", "import numpy"]);
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string python, string[] arguments) =>
        Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
