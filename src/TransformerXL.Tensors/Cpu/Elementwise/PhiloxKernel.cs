using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu.Elementwise;

/// <summary>The words of <see cref="Philox"/> for dropout, many counters at a time.</summary>
internal static unsafe class PhiloxKernel
{
    /// <summary>
    /// Fills one group: word <c>16 w + lane</c> is output w of counter <c>(16 group + lane, high bits, step, operation)</c>.
    /// </summary>
    public static void FillGroup(DropoutMask mask, ulong group, uint* destination)
    {
        ulong first = group * 16;
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            Fill512(mask, (uint)first, (uint)(first >> 32), destination);
        }
        else if (Avx2.IsSupported)
        {
            Fill256(mask, (uint)first, (uint)(first >> 32), destination);
            Fill256(mask, (uint)first + 8, (uint)(first >> 32), destination + 8);
        }
        else
        {
            FillScalar(mask, (uint)first, (uint)(first >> 32), destination);
        }
    }

    /// <summary>Fills a group and the one after it.</summary>
    public static void FillTwoGroups(DropoutMask mask, ulong group, uint* destination)
    {
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            FillTwo512(mask, group * 16, destination);
        }
        else
        {
            FillGroup(mask, group, destination);
            FillGroup(mask, group + 1, destination + Philox.GroupSize);
        }
    }

    public static void FillScalar(DropoutMask mask, uint low, uint high, uint* destination)
    {
        for (uint lane = 0; lane < 16; lane++)
        {
            (destination[lane], destination[16 + lane], destination[32 + lane], destination[48 + lane]) =
                Philox.Block(mask.Seed, low + lane, high, mask.Step, mask.Operation);
        }
    }

    public static void Fill256(DropoutMask mask, uint low, uint high, uint* destination)
    {
        Vector256<uint> c0 = Vector256.Create(low) + Vector256<uint>.Indices, c1 = Vector256.Create(high);
        Vector256<uint> c2 = Vector256.Create(mask.Step), c3 = Vector256.Create(mask.Operation);
        uint k0 = (uint)mask.Seed, k1 = (uint)(mask.Seed >> 32);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            (Vector256<uint> high0, Vector256<uint> low0) = Multiply(c0, Philox.Multiplier0);
            (Vector256<uint> high1, Vector256<uint> low1) = Multiply(c2, Philox.Multiplier1);
            (c0, c1, c2, c3) = (high1 ^ c1 ^ Vector256.Create(k0), low1, high0 ^ c3 ^ Vector256.Create(k1), low0);
            k0 += Philox.Weyl0;
            k1 += Philox.Weyl1;
        }

        c0.Store(destination);
        c1.Store(destination + 16);
        c2.Store(destination + 32);
        c3.Store(destination + 48);
    }

    public static void Fill512(DropoutMask mask, uint low, uint high, uint* destination)
    {
        Vector512<uint> c0 = Vector512.Create(low) + Vector512<uint>.Indices, c1 = Vector512.Create(high);
        Vector512<uint> c2 = Vector512.Create(mask.Step), c3 = Vector512.Create(mask.Operation);
        Vector512<uint> k0 = Vector512.Create((uint)mask.Seed), k1 = Vector512.Create((uint)(mask.Seed >> 32));
        for (int round = 0; round < Philox.Rounds; round++)
        {
            (c0, c1, c2, c3) = Round(c0, c1, c2, c3, k0, k1);
            k0 += Vector512.Create(Philox.Weyl0);
            k1 += Vector512.Create(Philox.Weyl1);
        }

        Store(c0, c1, c2, c3, destination);
    }

    /// <summary>Two groups at once: each round depends on the one before it, and interleaving two groups hides the latency.</summary>
    public static void FillTwo512(DropoutMask mask, ulong first, uint* destination)
    {
        ulong second = first + 16;
        Vector512<uint> c0 = Vector512.Create((uint)first) + Vector512<uint>.Indices, c1 = Vector512.Create((uint)(first >> 32));
        Vector512<uint> d0 = Vector512.Create((uint)second) + Vector512<uint>.Indices, d1 = Vector512.Create((uint)(second >> 32));
        Vector512<uint> c2 = Vector512.Create(mask.Step), c3 = Vector512.Create(mask.Operation), d2 = c2, d3 = c3;
        Vector512<uint> k0 = Vector512.Create((uint)mask.Seed), k1 = Vector512.Create((uint)(mask.Seed >> 32));
        for (int round = 0; round < Philox.Rounds; round++)
        {
            (c0, c1, c2, c3) = Round(c0, c1, c2, c3, k0, k1);
            (d0, d1, d2, d3) = Round(d0, d1, d2, d3, k0, k1);
            k0 += Vector512.Create(Philox.Weyl0);
            k1 += Vector512.Create(Philox.Weyl1);
        }

        Store(c0, c1, c2, c3, destination);
        Store(d0, d1, d2, d3, destination + Philox.GroupSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<uint> C0, Vector512<uint> C1, Vector512<uint> C2, Vector512<uint> C3) Round(
        Vector512<uint> c0, Vector512<uint> c1, Vector512<uint> c2, Vector512<uint> c3, Vector512<uint> k0, Vector512<uint> k1)
    {
        (Vector512<uint> high0, Vector512<uint> low0) = Multiply(c0, Philox.Multiplier0);
        (Vector512<uint> high1, Vector512<uint> low1) = Multiply(c2, Philox.Multiplier1);
        return (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<uint> c0, Vector512<uint> c1, Vector512<uint> c2, Vector512<uint> c3, uint* destination)
    {
        c0.Store(destination);
        c1.Store(destination + 16);
        c2.Store(destination + 32);
        c3.Store(destination + 48);
    }

    /// <summary>Upper and lower halves of the products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<uint> High, Vector256<uint> Low) Multiply(Vector256<uint> a, uint multiplier)
    {
        Vector256<uint> b = Vector256.Create(multiplier);
        Vector256<ulong> even = Avx2.Multiply(a, b);
        Vector256<ulong> odd = Avx2.Multiply((a.AsUInt64() >> 32).AsUInt32(), b);
        Vector256<ulong> upper = Vector256.Create(0xFFFFFFFF00000000);
        return (((even >> 32) | (odd & upper)).AsUInt32(), ((even & ~upper) | (odd << 32)).AsUInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<uint> High, Vector512<uint> Low) Multiply(Vector512<uint> a, uint multiplier)
    {
        Vector512<uint> b = Vector512.Create(multiplier);
        Vector512<ulong> even = Avx512F.Multiply(a, b);
        Vector512<ulong> odd = Avx512F.Multiply((a.AsUInt64() >> 32).AsUInt32(), b);
        Vector512<ulong> upper = Vector512.Create(0xFFFFFFFF00000000);
        return (((even >> 32) | (odd & upper)).AsUInt32(), ((even & ~upper) | (odd << 32)).AsUInt32());
    }
}
