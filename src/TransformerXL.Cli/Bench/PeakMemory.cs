using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TransformerXL.Cli.Bench;

/// <summary>The largest resident set of the process since a point in time.</summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status", ClearReferences = "/proc/self/clear_refs";

    /// <summary>
    /// Collects garbage and resets the peak. Only Linux can reset it; elsewhere earlier measurements count too.
    /// </summary>
    /// <returns>Whether the peak was reset.</returns>
    public static bool Reset()
    {
        // Finalizers free native memory; the second collection frees the objects that they kept alive.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        ReturnFreedMemory();
        try
        {
            // 5 resets the peak of the resident set (proc_pid_clear_refs(5)).
            File.WriteAllText(ClearReferences, "5");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The peak in bytes.</summary>
    public static long Read()
    {
        if (HighWaterMark() is { } bytes)
        {
            return bytes;
        }

        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 > 0 ? process.PeakWorkingSet64 : process.WorkingSet64;
    }

    /// <summary>
    /// The C library keeps freed blocks of up to 32 MiB resident for later requests; those of an earlier measurement would count. Only
    /// glibc has a function to release them.
    /// </summary>
    private static void ReturnFreedMemory()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                _ = MallocTrim(0);
            }
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, without such a pool.
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim", ExactSpelling = true)]
    private static extern int MallocTrim(nuint pad);

    private static long? HighWaterMark()
    {
        try
        {
            string? line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..] ? 1024 * long.Parse(kibibytes, CultureInfo.InvariantCulture) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
