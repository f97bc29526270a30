using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>Whether this process may multiply bfloat16 by tiles. Never executes an unsupported instruction or system call that would crash.</summary>
internal static unsafe class TileDetection
{
    private const int RequestPermission = 0x1023, GetPermissions = 0x1022, TileData = 18;

    /// <summary>Checks the processor, then requests the registers from Linux, which saves them only for processes that request it.</summary>
    public static bool IsUsable() =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && ProcessorHasTiles() && SystemKeepsTiles() && IsPermitted();

    /// <summary>Tiles with bfloat16, eight of 16 rows of 64 bytes (Intel SDM, CPUID leaves 7 and 1DH).</summary>
    private static bool ProcessorHasTiles()
    {
        const int FeatureLeaf = 7, TileLeaf = 0x1D, Bfloat16Bit = 22, TileBit = 24;
        if (!X86Base.X64.IsSupported || X86Base.CpuId(0, 0).Eax < TileLeaf)
        {
            return false;
        }

        int features = X86Base.CpuId(FeatureLeaf, 0).Edx;
        if ((features >> Bfloat16Bit & 1) == 0 || (features >> TileBit & 1) == 0 || X86Base.CpuId(TileLeaf, 0).Eax < 1)
        {
            return false;
        }

        (int tileBytes, int tiles, int rows, _) = X86Base.CpuId(TileLeaf, 1);
        return (uint)tileBytes >> 16 == 1024 && (tiles & 0xFFFF) == 64 && (uint)tiles >> 16 >= 8 && (rows & 0xFFFF) == 16;
    }

    /// <summary>Whether the system has enabled the registers: XCR0 has both of their bits.</summary>
    private static bool SystemKeepsTiles()
    {
        const int XgetbvBit = 27;
        const ulong TileBits = 3UL << 17;
        if ((X86Base.CpuId(1, 0).Ecx >> XgetbvBit & 1) == 0)
        {
            return false;
        }

        void* enabledState = MachineCode.Place(TileCode.EmitEnabledState());
        return enabledState != null && (((delegate* unmanaged<ulong>)enabledState)() & TileBits) == TileBits;
    }

    private static bool IsPermitted()
    {
        ulong permitted = 0;
        return LinuxCalls.SystemCall(LinuxCalls.ArchPrctl, RequestPermission, TileData) == 0
            && LinuxCalls.SystemCall(LinuxCalls.ArchPrctl, GetPermissions, (nint)(&permitted)) == 0
            && (permitted >> TileData & 1) == 1;
    }
}
