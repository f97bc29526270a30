using System.Globalization;

namespace TransformerXL.Training.Footprint;

/// <summary>How much memory this process may use: that of the machine, or less where a control group (a container) limits it.</summary>
/// <param name="Bytes">The most that the process can have.</param>
/// <param name="Free">The part that is free now.</param>
/// <param name="IsLimited">Whether a control group sets the limit.</param>
internal sealed record MachineMemory(double Bytes, double Free, bool IsLimited)
{
    /// <summary>Reads the limits of this process.</summary>
    public static MachineMemory Read() => Read("/");

    /// <summary>Reads them below another root.</summary>
    internal static MachineMemory Read(string root)
    {
        double bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, free = bytes;
        if (Lines(Path.Combine(root, "proc/meminfo")) is { Length: > 0 } lines)
        {
            bytes = Kibibytes(lines, "MemTotal:") ?? bytes;
            free = Kibibytes(lines, "MemAvailable:") ?? bytes;
        }

        bool limited = false;
        foreach ((string limit, string usage) in Groups(root))
        {
            if (Number(limit) is { } max && max < bytes)
            {
                (bytes, limited) = (max, true);
                free = Math.Min(free, Math.Max(0, max - (Number(usage) ?? 0)));
            }
        }

        return new MachineMemory(bytes, Math.Min(free, bytes), limited);
    }

    /// <summary>The files of the process's control group and of all above it, version 2 (one hierarchy) and version 1.</summary>
    private static IEnumerable<(string Limit, string Usage)> Groups(string root)
    {
        foreach (string line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length != 3)
            {
                continue;
            }

            bool second = fields[1].Length == 0;
            if (!second && !fields[1].Split(',').Contains("memory"))
            {
                continue;
            }

            string mount = Path.Combine(root, second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            string group = fields[2].TrimStart('/');
            while (true)
            {
                string folder = Path.Combine(mount, group);
                yield return second
                    ? (Path.Combine(folder, "memory.max"), Path.Combine(folder, "memory.current"))
                    : (Path.Combine(folder, "memory.limit_in_bytes"), Path.Combine(folder, "memory.usage_in_bytes"));
                if (group.Length == 0)
                {
                    break;
                }

                group = Path.GetDirectoryName(group) ?? "";
            }
        }
    }

    private static double? Kibibytes(string[] lines, string name)
    {
        string? line = Array.Find(lines, candidate => candidate.StartsWith(name, StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var value, ..] && double.TryParse(value, CultureInfo.InvariantCulture, out double kibibytes)
            ? kibibytes * 1024
            : null;
    }

    /// <summary>The number in a file; null where there is none, or the word "max".</summary>
    private static double? Number(string path) =>
        Lines(path) is [var text, ..] && double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
