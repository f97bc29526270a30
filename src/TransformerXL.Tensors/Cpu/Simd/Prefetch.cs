using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Simd;

/// <summary>
/// Prefetches memory. A strip of rows is read as several short streams, and a tile of a
/// result has one memory region per row: hardware prefetchers recognize neither.
/// </summary>
internal static unsafe class Prefetch
{
    private const int Line = 64;

    /// <summary>Fetches up to 512 bytes; invalid addresses are harmless.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(void* address, int bytes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        byte* line = (byte*)address;
        Sse.Prefetch0(line);
        if (bytes > Line)
        {
            Sse.Prefetch0(line + Line);
        }

        if (bytes > 2 * Line)
        {
            Sse.Prefetch0(line + (2 * Line));
            Sse.Prefetch0(line + (3 * Line));
        }

        if (bytes > 4 * Line)
        {
            Sse.Prefetch0(line + (4 * Line));
            Sse.Prefetch0(line + (5 * Line));
            Sse.Prefetch0(line + (6 * Line));
            Sse.Prefetch0(line + (7 * Line));
        }
    }

    /// <summary>Fetches memory to the second cache; invalid addresses are harmless.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchSecond(void* address, int bytes)
    {
        for (int line = 0; Sse.IsSupported && line < bytes; line += Line)
        {
            Sse.Prefetch1((byte*)address + line);
        }
    }

    /// <summary>Brings rows into the caches by reading them one after the other, which the hardware prefetcher follows at the full speed of the memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(float* first, nint stride, int rows, int values)
    {
        for (int row = 0; row < rows; row++, first += stride)
        {
            for (int i = 0; i < values; i += Line / sizeof(float))
            {
                _ = Volatile.Read(ref first[i]);
            }
        }
    }

    /// <summary>Prefetches the same number of bytes of several rows that are <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchRows(float* first, nint stride, int rows, int bytes)
    {
        for (int row = 0; row < rows; row++, first += stride)
        {
            Fetch(first, bytes);
        }
    }
}
