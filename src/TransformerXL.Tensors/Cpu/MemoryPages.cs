using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu;

/// <summary>Whole pages of memory from Linux, and advice about them.</summary>
internal static unsafe partial class MemoryPages
{
    /// <summary>Bytes of a huge page.</summary>
    public const int HugePage = 2 << 20;

    private const int DontNeed = 4, AdviseHugePage = 14, ReadWrite = 3, PrivateAnonymous = 0x22;

    /// <summary>
    /// Zeroed memory that begins at a huge page; null on other systems, or if there is none. What is freed goes back to the system at once, whereas a heap may keep it between blocks in use.
    /// </summary>
    public static byte* Allocate(long size)
    {
        // The system aligns to its own pages; what lies before and after is given back.
        nuint bytes = WholePages(size);
        byte* mapped = OperatingSystem.IsLinux() ? Map(null, bytes + HugePage, ReadWrite, PrivateAnonymous, -1, 0) : Failed;
        if (mapped == Failed)
        {
            return null;
        }

        byte* begin = (byte*)(((nuint)mapped + HugePage - 1) / HugePage * HugePage), end = begin + bytes, mappedEnd = mapped + bytes + HugePage;
        if (begin > mapped)
        {
            _ = Unmap(mapped, (nuint)(begin - mapped));
        }

        if (mappedEnd > end)
        {
            _ = Unmap(end, (nuint)(mappedEnd - end));
        }

        return begin;
    }

    /// <summary>Frees memory of <see cref="Allocate"/>.</summary>
    public static void Free(byte* pointer, long size) => _ = Unmap(pointer, WholePages(size));

    /// <summary>Asks for huge pages; only a hint.</summary>
    public static void UseHugePages(byte* pointer, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = MemoryAdvise(pointer, (nuint)bytes, AdviseHugePage);
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

    private static byte* Failed => (byte*)-1;

    private static nuint WholePages(long bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        return ((nuint)bytes + page - 1) / page * page;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(byte* address, nuint length, int advice);
}
