using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>Loads and stores of a whole vector or of its first lanes.</summary>
internal static unsafe class Lanes<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Loads at most a whole vector. Lanes beyond <paramref name="lanes"/> are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(float* source, int lanes) => lanes >= TSimd.Count ? TSimd.Load(source) : TSimd.LoadPartial(source, lanes);

    /// <summary>Stores the first <paramref name="lanes"/> lanes, at most a whole vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, TVector value, int lanes)
    {
        if (lanes >= TSimd.Count)
        {
            TSimd.Store(destination, value);
        }
        else
        {
            TSimd.StorePartial(destination, value, lanes);
        }
    }
}
