using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// A larger signal stack. The system saves the registers of an interrupted thread there, including tiles once the thread has used
/// them; the runtime's signal stack is too small for that, and a managed exception that begins with a signal would crash the process.
/// </summary>
internal static unsafe class SignalStack
{
    private const nuint Bytes = 128 * 1024;
    private const int Disabled = 2;

    private static readonly ThreadLocal<bool> IsLarge = new(Enlarge);

    /// <summary>Makes sure that the calling thread's signal stack is large enough for tiles.</summary>
    /// <exception cref="InsufficientMemoryException">There is no memory for it.</exception>
    public static void Require()
    {
        if (!IsLarge.Value)
        {
            throw new InsufficientMemoryException($"no memory for a stack of {Bytes} bytes, which a thread that multiplies in bfloat16 needs");
        }
    }

    /// <summary>
    /// The new stack is a separate mapping with a guard page at the bottom: when the thread ends, the runtime unmaps whatever stack it finds, in the size of
    /// its own. The old stack is kept, because other code may own it.
    /// </summary>
    private static bool Enlarge()
    {
        Description old;
        if (LinuxCalls.SignalAlternateStack(null, &old) != 0)
        {
            return false;
        }

        if ((old.Flags & Disabled) == 0 && old.Bytes >= Bytes)
        {
            return true;
        }

        byte* start = LinuxCalls.Map(Bytes + LinuxCalls.PageBytes);
        if (start == null)
        {
            return false;
        }

        Description large = new() { Start = start, Bytes = Bytes + LinuxCalls.PageBytes };
        if (LinuxCalls.MemoryProtect(start, LinuxCalls.PageBytes, LinuxCalls.ProtectNone) == 0 && LinuxCalls.SignalAlternateStack(&large, null) == 0)
        {
            return true;
        }

        _ = LinuxCalls.MemoryUnmap(start, Bytes + LinuxCalls.PageBytes);
        return false;
    }

    /// <summary><c>stack_t</c> of Linux on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Description
    {
        public byte* Start;
        public int Flags;
        public nuint Bytes;
    }
}
