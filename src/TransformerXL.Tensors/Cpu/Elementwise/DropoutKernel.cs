using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>y = x / (1 - p) where the mask keeps the element, else 0. The same call turns dy into dx.</summary>
internal static unsafe class DropoutKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Elements [position, position + count) of the masked tensor; source and destination may be the same.</summary>
    [SkipLocalsInit]
    public static void Apply(DropoutMask mask, long position, float* source, float* destination, int count)
    {
        uint* bits = stackalloc uint[2 * Philox.GroupSize];
        uint threshold = mask.Threshold;
        float scale = mask.Scale;
        int inGroup = (int)(position % Philox.GroupSize);
        for (ulong group = (ulong)position / Philox.GroupSize; count > 0; group += 2, inGroup = 0)
        {
            int part = Math.Min(2 * Philox.GroupSize - inGroup, count);
            if (inGroup + part > Philox.GroupSize)
            {
                PhiloxKernel.FillTwoGroups(mask, group, bits);
            }
            else
            {
                PhiloxKernel.FillGroup(mask, group, bits);
            }

            ApplyBits(bits + inGroup, threshold, scale, source, destination, part);
            source += part;
            destination += part;
            count -= part;
        }
    }

    private static void ApplyBits(uint* bits, uint threshold, float scale, float* source, float* destination, int count)
    {
        TVector factor = TSimd.Broadcast(scale);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(destination + i, TSimd.WhereAtLeast(bits + i, threshold, TSimd.Multiply(TSimd.Load(source + i), factor)));
        }

        for (; i < count; i++)
        {
            destination[i] = bits[i] >= threshold ? source[i] * scale : 0;
        }
    }
}
