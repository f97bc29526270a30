using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu;

/// <summary>What Linux is told about the pages of a block. Elsewhere, or when refused, nothing changes.</summary>
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

    /// <summary>Gives the memory of all whole pages back; their contents are lost.</summary>
    public static void GiveBack(byte* pointer, long bytes)
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
