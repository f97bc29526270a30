using System.Globalization;

namespace TransformerXL.Tensors.Cpu.Peak;

/// <summary>The third-level caches of the machine.</summary>
internal static class ThirdLevelCache
{
    private const string Processors = "/sys/devices/system/cpu";

    /// <summary>Their size together in bytes, where the system is Linux and tells it; 0 elsewhere.</summary>
    public static long TotalBytes()
    {
        try
        {
            return Directory.EnumerateDirectories(Processors, "cpu*")
                .Select(processor => Path.Combine(processor, "cache", "index3"))
                .Where(Directory.Exists)
                .Select(cache => (Sharers: File.ReadAllText(Path.Combine(cache, "shared_cpu_list")), Size: File.ReadAllText(Path.Combine(cache, "size"))))
                .DistinctBy(cache => cache.Sharers)
                .Sum(cache => Bytes(cache.Size.Trim()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Such as <c>32768K</c>.</summary>
    private static long Bytes(string size)
    {
        int shift = size.Length == 0 ? 0 : size[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        return long.TryParse(shift == 0 ? size : size[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? count << shift : 0;
    }
}
