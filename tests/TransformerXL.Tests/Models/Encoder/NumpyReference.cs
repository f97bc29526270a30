using System.Diagnostics;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Models.Encoder;

/// <summary>The programs in tests/python, which need numpy. A test is skipped where there is none.</summary>
internal static class NumpyReference
{
    /// <summary>A Python with numpy.</summary>
    public static string FindPython()
    {
        string? found = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(HasNumpy);
        Skip.If(found is null, "there is no python3 with numpy (on Debian: apt-get install python3-numpy)");
        return found!;
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

    /// <summary>What a program in tests/python prints.</summary>
    public static string Run(string python, string program, params string[] arguments)
    {
        using Process process = Start(python, [Path.Combine(RepositoryRoot.Folder, "tests", "python", program), .. arguments]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }

    private static Process Start(string python, string[] arguments) =>
        Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
