using System.Runtime.Intrinsics;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>
/// Arithmetic with whole numbers in one vector width: a vector is <see cref="Count"/> numbers of 16 bits, or half as many sums of
/// 32 bits, which no product of a row overflows (see <see cref="Tensors.Inference.InferenceWeight.MaxInt8Depth"/>).
/// </summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface IIntegerSimd<TVector> where TVector : unmanaged
{
    /// <summary>Numbers of 16 bits in a vector; divides <see cref="Int8Rows.DepthMultiple"/>.</summary>
    static abstract int Count { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(short* source);

    /// <summary>Loads numbers of 8 bits and widens them to 16.</summary>
    static abstract TVector Widen(sbyte* source);

    /// <summary>sums + a b, two neighbouring products into each sum.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector sums);

    /// <summary>The sum over each of four vectors of sums.</summary>
    static abstract Vector128<int> Sums(TVector a, TVector b, TVector c, TVector d);
}
