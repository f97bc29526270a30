using System.Diagnostics;

namespace TransformerXL.Testing;

/// <summary>Runs the second implementations in tests/python, where there is a Python with the packages that they need.</summary>
public static class PythonReference
{
    /// <summary>Why a test is skipped where <see cref="IsThere"/> is false.</summary>
    public const string Missing = "there is no python3 with numpy (on Debian: apt-get install python3-numpy)";

    /// <summary>Why a test is skipped where <see cref="HasSentencePiece"/> is false.</summary>
    public const string MissingSentencePiece = "there is no python3 with SentencePiece (on Debian: apt-get install python3-sentencepiece)";

    private static readonly Lazy<string?> s_numpy = new(() => Find("numpy")), s_sentencePiece = new(() => Find("sentencepiece"));

    /// <summary>Whether there is a Python with numpy.</summary>
    public static bool IsThere => s_numpy.Value is not null;

    /// <summary>Whether there is a Python with SentencePiece.</summary>
    public static bool HasSentencePiece => s_sentencePiece.Value is not null;

    /// <summary>The lines that a program of tests/python prints.</summary>
    /// <exception cref="InvalidOperationException">It fails; the message is what it wrote to standard error.</exception>
    public static string[] Run(string program, params string[] arguments) => Run(s_numpy.Value!, program, arguments);

    /// <summary>The lines that a program of tests/python prints that needs SentencePiece.</summary>
    /// <exception cref="InvalidOperationException">It fails; the message is what it wrote to standard error.</exception>
    public static string[] RunSentencePiece(string program, params string[] arguments) => Run(s_sentencePiece.Value!, program, arguments);

    private static string[] Run(string python, string program, string[] arguments)
    {
        using Process process = Start(python, [Path.Combine(RepositoryRoot.Folder, "tests", "python", program), .. arguments]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw new InvalidOperationException(error.Result);
    }

    private static string? Find(string package) => new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(python => Has(python, package));

    private static bool Has(string python, string package)
    {
        try
        {
            using Process process = Start(python, ["-c", $"import {package}"]);
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
