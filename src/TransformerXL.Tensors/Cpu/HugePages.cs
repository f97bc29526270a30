using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu;

/// <summary>Asks Linux to back a block with huge pages. Only a hint: elsewhere, or when refused, nothing changes.</summary>
internal static unsafe partial class HugePages
{
    private const int AdviseHugePage = 14;

    public static void Advise(byte* pointer, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = MemoryAdvise(pointer, (nuint)bytes, AdviseHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(byte* address, nuint length, int advice);
}
