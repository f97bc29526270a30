using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// The transpose of 16 x 16 values between registers of AVX-512. Each row of the result is written whole, so that rows far apart cost one
/// write to a cache line each, whatever sets of the cache they share.
/// </summary>
internal static unsafe class SquareTranspose
{
    /// <summary>Rows and columns.</summary>
    public const int Size = 16;

    public static bool IsSupported => Avx512F.IsSupported;

    /// <summary>destination = the transpose of source; strides in floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, nint stride, float* destination, nint destinationStride)
    {
        // Quarter q holds rows 4q to 4q + 3: vector c of it the values of columns c, c + 4, c + 8 and c + 12.
        Quarter(source, stride, out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3);
        Quarter(source + (4 * stride), stride, out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3);
        Quarter(source + (8 * stride), stride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3);
        Quarter(source + (12 * stride), stride, out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
        Columns(a0, b0, c0, d0, destination, destinationStride);
        Columns(a1, b1, c1, d1, destination + destinationStride, destinationStride);
        Columns(a2, b2, c2, d2, destination + (2 * destinationStride), destinationStride);
        Columns(a3, b3, c3, d3, destination + (3 * destinationStride), destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        float* source, nint stride, out Vector512<float> first, out Vector512<float> second, out Vector512<float> third, out Vector512<float> fourth)
    {
        Vector512<float> row0 = Vector512.Load(source), row1 = Vector512.Load(source + stride);
        Vector512<float> row2 = Vector512.Load(source + (2 * stride)), row3 = Vector512.Load(source + (3 * stride));
        Vector512<double> low01 = Avx512F.UnpackLow(row0, row1).AsDouble(), high01 = Avx512F.UnpackHigh(row0, row1).AsDouble();
        Vector512<double> low23 = Avx512F.UnpackLow(row2, row3).AsDouble(), high23 = Avx512F.UnpackHigh(row2, row3).AsDouble();
        first = Avx512F.UnpackLow(low01, low23).AsSingle();
        second = Avx512F.UnpackHigh(low01, low23).AsSingle();
        third = Avx512F.UnpackLow(high01, high23).AsSingle();
        fourth = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    /// <summary>Stores columns 0, 4, 8 and 12 after the one that the vectors begin with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* destination, nint stride)
    {
        const byte Even = 0x88, Odd = 0xDD;
        Vector512<float> evenAb = Avx512F.Shuffle4x128(a, b, Even), evenCd = Avx512F.Shuffle4x128(c, d, Even);
        Vector512<float> oddAb = Avx512F.Shuffle4x128(a, b, Odd), oddCd = Avx512F.Shuffle4x128(c, d, Odd);
        Avx512F.Shuffle4x128(evenAb, evenCd, Even).Store(destination);
        Avx512F.Shuffle4x128(oddAb, oddCd, Even).Store(destination + (4 * stride));
        Avx512F.Shuffle4x128(evenAb, evenCd, Odd).Store(destination + (8 * stride));
        Avx512F.Shuffle4x128(oddAb, oddCd, Odd).Store(destination + (12 * stride));
    }
}
