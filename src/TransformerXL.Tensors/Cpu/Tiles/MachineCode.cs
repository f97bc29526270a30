namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>Machine code in separate memory that is executable and read-only. It is never freed.</summary>
internal static unsafe class MachineCode
{
    /// <summary>Copies code to executable memory; null if the system does not allow it.</summary>
    public static void* Place(byte[] code)
    {
        nuint bytes = (nuint)((code.Length + LinuxCalls.PageBytes - 1) / LinuxCalls.PageBytes * LinuxCalls.PageBytes);
        byte* memory = LinuxCalls.Map(bytes);
        if (memory == null)
        {
            return null;
        }

        code.CopyTo(new Span<byte>(memory, code.Length));
        if (LinuxCalls.MemoryProtect(memory, bytes, LinuxCalls.ProtectRead | LinuxCalls.ProtectExecute) == 0)
        {
            return memory;
        }

        _ = LinuxCalls.MemoryUnmap(memory, bytes);
        return null;
    }
}
