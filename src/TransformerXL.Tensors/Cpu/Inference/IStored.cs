using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>The storage format of values, so that a memory-bound kernel is written once for float32 and bfloat16.</summary>
/// <typeparam name="TElement">The stored type.</typeparam>
/// <typeparam name="TVector">The vector of floats for the computation.</typeparam>
internal unsafe interface IStored<TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged
{
    static abstract TVector Load(TElement* source);

    static abstract float Value(TElement element);
}

/// <summary>Values in float32, which need no conversion.</summary>
internal readonly unsafe struct StoredFloat32<TSimd, TVector> : IStored<float, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(float* source) => TSimd.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(float element) => element;
}

/// <summary>The upper halves of the values.</summary>
internal readonly unsafe struct StoredBfloat16<TSimd, TVector> : IStored<ushort, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(ushort* source) => TSimd.LoadBfloat16(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(ushort element) => Simd1.LoadBfloat16(&element);
}
