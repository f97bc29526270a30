using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>512-bit vectors: AVX-512 with its instructions for bytes and words.</summary>
internal readonly unsafe struct Integer512 : IIntegerSimd<Vector512<int>>
{
    public static int Count => 32;

    public static Vector512<int> Zero => Vector512<int>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(short* source) => Vector512.Load(source).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Widen(sbyte* source) => Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> a, Vector512<int> b, Vector512<int> sums) => Avx512BW.IsSupported
        ? sums + Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
        : Vector512.Create(
            Integer256.MultiplyAdd(a.GetLower(), b.GetLower(), sums.GetLower()),
            Integer256.MultiplyAdd(a.GetUpper(), b.GetUpper(), sums.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sums(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d) =>
        Integer256.Sums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());
}
