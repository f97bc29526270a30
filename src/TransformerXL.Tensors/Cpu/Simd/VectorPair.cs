using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>Two vectors; the lanes of the second follow those of the first.</summary>
internal readonly struct VectorPair<TVector> where TVector : unmanaged
{
    public readonly TVector Low;

    public readonly TVector High;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VectorPair(TVector low, TVector high) => (Low, High) = (low, high);
}
