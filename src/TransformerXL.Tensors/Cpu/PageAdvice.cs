using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu;

/// <summary>Advises Linux about the memory pages of a block. On other systems, or if Linux refuses, nothing changes.</summary>
internal static unsafe partial class PageAdvice
{
    private const int DontNeed = 4, HugePage = 14;

    /// <summary>Asks for huge pages; only a hint.</summary>
    public static void UseHugePages(byte* pointer, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = MemoryAdvise(pointer, (nuint)bytes, HugePage);
        }
    }

    /// <summary>Returns the memory of all whole pages to the system; their contents are lost.</summary>
    public static void Return(byte* pointer, long bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize, begin = ((nuint)pointer + page - 1) / page * page, end = ((nuint)pointer + (nuint)bytes) / page * page;
        if (OperatingSystem.IsLinux() && end > begin)
        {
            _ = MemoryAdvise((byte*)begin, end - begin, DontNeed);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(byte* address, nuint length, int advice);
}
