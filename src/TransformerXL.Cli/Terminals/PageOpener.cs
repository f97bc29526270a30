using System.ComponentModel;
using System.Diagnostics;

namespace TransformerXL.Cli.Terminals;

/// <summary>Opens a page in the browser of the user.</summary>
internal static class PageOpener
{
    /// <summary>A launcher exits immediately; a process that still runs after this time is the browser itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Opens a page.</summary>
    /// <param name="path">The file, or the address.</param>
    /// <returns>The reason of a failure; null on success.</returns>
    public static string? Open(string path) => Open(path, Environment.GetEnvironmentVariable, Start);

    /// <summary>Opens a page.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variable">Environment variables.</param>
    /// <param name="start">Starts a program and returns the error, or null.</param>
    internal static string? Open(string path, Func<string, string?> variable, Func<ProcessStartInfo, string?> start)
    {
        bool isAddress = path.StartsWith("http://", StringComparison.Ordinal) || path.StartsWith("https://", StringComparison.Ordinal);
        string full = isAddress ? path : Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
        {
            return start(new ProcessStartInfo(full) { UseShellExecute = true });
        }

        bool isMac = OperatingSystem.IsMacOS();
        if (!isMac && ((string[])["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"]).All(name => string.IsNullOrEmpty(variable(name))))
        {
            return "there is no display (DISPLAY, WAYLAND_DISPLAY and BROWSER are not set)";
        }

        return start(new ProcessStartInfo(isMac ? "open" : "xdg-open", [full]) { RedirectStandardOutput = true, RedirectStandardError = true });
    }

    private static string? Start(ProcessStartInfo information)
    {
        try
        {
            using Process? process = Process.Start(information);
            return process is null || information.UseShellExecute || !process.WaitForExit(Patience) || process.ExitCode == 0
                ? null
                : $"{information.FileName} ended with exit code {process.ExitCode}";
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            return $"{information.FileName}: {exception.Message}";
        }
    }
}
