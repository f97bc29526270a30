using System.Diagnostics;

namespace TransformerXL.Testing;

/// <summary>Runs the second implementations in tests/python, where there is a Python with numpy.</summary>
public static class PythonReference
{
    /// <summary>Why a test is skipped where <see cref="IsThere"/> is false.</summary>
    public const string Missing = "there is no python3 with numpy (on Debian: apt-get install python3-numpy)";

    private static readonly Lazy<string?> s_python = new(() => new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(HasNumpy));

    /// <summary>Whether there is a Python with numpy.</summary>
    public static bool IsThere => s_python.Value is not null;

    /// <summary>The lines that a program of tests/python prints.</summary>
    /// <exception cref="InvalidOperationException">It fails; the message is what it wrote to standard error.</exception>
    public static string[] Run(string program, params string[] arguments)
    {
        using Process process = Start(s_python.Value!, [Path.Combine(RepositoryRoot.Folder, "tests", "python", program), .. arguments]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw new InvalidOperationException(error.Result);
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
