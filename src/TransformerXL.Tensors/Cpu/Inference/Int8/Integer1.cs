using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>One number at a time: the form that every vector form is compared with.</summary>
internal readonly unsafe struct Integer1 : IIntegerSimd<int>
{
    public static int Count => 1;

    public static int Zero => 0;

    public static int Load(short* source) => *source;

    public static int Widen(sbyte* source) => *source;

    public static int MultiplyAdd(int a, int b, int sums) => sums + (a * b);

    public static Vector128<int> Sums(int a, int b, int c, int d) => Vector128.Create(a, b, c, d);
}
