using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// A larger stack for signals. The system writes the registers of an interrupted thread there, tiles included once it has used
/// them; what the runtime sets aside is too small for that, and a managed exception that begins with a signal would end the process.
/// </summary>
internal static unsafe class SignalStack
{
    private const nuint Bytes = 128 * 1024;
    private const int Disabled = 2;

    private static readonly ThreadLocal<bool> IsLarge = new(Enlarge);

    /// <summary>Makes sure that the calling thread has room for the signals of a thread with tiles.</summary>
    /// <exception cref="InsufficientMemoryException">There is no memory for it.</exception>
    public static void Require()
    {
        if (!IsLarge.Value)
        {
            throw new InsufficientMemoryException($"no memory for a stack of {Bytes} bytes, which a thread needs that multiplies in bfloat16");
        }
    }

    /// <summary>
    /// The new stack is a mapping of its own, its lowest page closed: the runtime unmaps whole what it finds when the thread ends, as
    /// it made its own. The old one is left alone, because it may belong to someone else.
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
