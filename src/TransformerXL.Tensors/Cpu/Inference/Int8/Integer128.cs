using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>128-bit vectors: any processor with vectors.</summary>
internal readonly unsafe struct Integer128 : IIntegerSimd<Vector128<int>>
{
    public static int Count => 8;

    public static Vector128<int> Zero => Vector128<int>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(short* source) => Vector128.Load(source).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Widen(sbyte* source) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> a, Vector128<int> b, Vector128<int> sums) => Sse2.IsSupported
        ? sums + Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
        : MultiplyHalves(a, b, sums);

    /// <summary>The same sum of sums without an instruction for pairs: products of the lower halves and of the upper ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyHalves(Vector128<int> a, Vector128<int> b, Vector128<int> sums) => sums
        + (Vector128.WidenLower(a.AsInt16()) * Vector128.WidenLower(b.AsInt16()))
        + (Vector128.WidenUpper(a.AsInt16()) * Vector128.WidenUpper(b.AsInt16()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sums(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) => Ssse3.IsSupported
        ? Ssse3.HorizontalAdd(Ssse3.HorizontalAdd(a, b), Ssse3.HorizontalAdd(c, d))
        : Vector128.Create(Vector128.Sum(a), Vector128.Sum(b), Vector128.Sum(c), Vector128.Sum(d));
}
