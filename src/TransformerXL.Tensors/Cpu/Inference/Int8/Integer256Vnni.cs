using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>
/// 256-bit vectors with one instruction for product and sum (AVX-VNNI). A type of its own, because a program compiled ahead
/// would ask the processor at each product whether it has that instruction.
/// </summary>
internal readonly unsafe struct Integer256Vnni : IIntegerSimd<Vector256<int>>
{
    public static int Count => Integer256.Count;

    public static Vector256<int> Zero => Integer256.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(short* source) => Integer256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Widen(sbyte* source) => Integer256.Widen(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> a, Vector256<int> b, Vector256<int> sums) =>
        AvxVnni.MultiplyWideningAndAdd(sums, a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sums(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d) => Integer256.Sums(a, b, c, d);
}
