using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.MatrixProduct;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>Values stored as bfloat16, two bytes each.</summary>
internal static unsafe class Bfloat16Rows
{
    private const int Block = 64;

    /// <summary>destination = the nearest bfloat16 of each value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(float* source, ushort* destination, nint count)
    {
        float* rounded = stackalloc float[Block];
        uint* bits = (uint*)rounded;
        for (nint first = 0; first < count; first += Block)
        {
            int length = (int)Math.Min(Block, count - first);
            new ReadOnlySpan<float>(source + first, length).CopyTo(new Span<float>(rounded, length));
            Bfloat16.Round(rounded, length);
            ushort* to = destination + first;
            int i = 0;
            for (; i <= length - 16; i += 16)
            {
                Vector256.Narrow(Vector256.Load(bits + i) >>> 16, Vector256.Load(bits + i + 8) >>> 16).Store(to + i);
            }

            for (; i < length; i++)
            {
                to[i] = (ushort)(bits[i] >> 16);
            }
        }
    }

    /// <summary>destination = the values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* source, float* destination, nint count)
    {
        nint i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<uint> bits = Vector256.WidenLower(Vector128.Load(source + i).ToVector256Unsafe()) << 16;
            bits.AsSingle().Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}
