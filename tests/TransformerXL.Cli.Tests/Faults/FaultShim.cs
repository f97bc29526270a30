using System.Diagnostics;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Faults;

/// <summary>The library that lets file calls fail, compiled by the system's C compiler. Only for Linux, whose loader takes it before the C library.</summary>
public sealed class FaultShim : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FaultShim()
    {
        if (!OperatingSystem.IsLinux())
        {
            WhyMissing = "file calls are intercepted on Linux only";
            return;
        }

        string source = System.IO.Path.Combine(RepositoryRoot.Folder, "tests", "TransformerXL.Cli.Tests", "Faults", "file_faults.c");
        WhyMissing = Compile(source) is { } error ? "the C compiler 'cc' is missing or failed: " + error : null;
    }

    public string Path => _folder["file_faults.so"];

    /// <summary>Why there is none; null if there is one.</summary>
    public string? WhyMissing { get; }

    public void Dispose() => _folder.Dispose();

    private string? Compile(string source)
    {
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-o", Path, source]) { RedirectStandardError = true })!;
            string error = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? null : error;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
    }
}
