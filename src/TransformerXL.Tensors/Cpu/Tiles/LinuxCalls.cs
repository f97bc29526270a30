using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>The Linux system calls that the tiles need, on x86-64.</summary>
internal static unsafe partial class LinuxCalls
{
    public const long ArchPrctl = 158;
    public const int ProtectNone = 0, ProtectRead = 1, ProtectWrite = 2, ProtectExecute = 4;
    public const int PageBytes = 4096;

    private const int MapPrivate = 2, MapAnonymous = 0x20;

    /// <summary>Maps zeroed, readable and writable memory; null if that fails.</summary>
    public static byte* Map(nuint bytes)
    {
        nint address = MemoryMap(0, bytes, ProtectRead | ProtectWrite, MapPrivate | MapAnonymous, -1, 0);
        return address == -1 ? null : (byte*)address;
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    public static partial int MemoryProtect(byte* address, nuint bytes, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int MemoryUnmap(byte* address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "syscall")]
    public static partial long SystemCall(long number, long first, nint second);

    [LibraryImport("libc", EntryPoint = "sigaltstack")]
    public static partial int SignalAlternateStack(SignalStack.Description* stack, SignalStack.Description* old);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MemoryMap(nint address, nuint bytes, int protection, int flags, int file, nint offset);
}
