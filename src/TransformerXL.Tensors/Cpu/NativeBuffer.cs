using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu;

/// <summary>
/// A block of native memory, aligned to <see cref="Alignment"/> bytes, that is freed by its finalizer when nothing refers to
/// it. The garbage collector never moves or scans it.
/// </summary>
internal sealed unsafe class NativeBuffer
{
    /// <summary>Two cache lines: a row never shares a line, or the adjacent line that the processor prefetches, with a neighbour.</summary>
    public const int Alignment = 128;

    private const int WasteDivisor = 16;

    /// <summary>The memory of blocks of at least this size is returned to the system when they are freed. The C library does so at first, but after a block is freed it keeps later blocks up to that size.</summary>
    private const long MinReturned = 128 << 10;

    private readonly long _taken;
    private readonly bool _hasPages;

    /// <param name="bytes">The size.</param>
    /// <param name="zeroed">Whether the contents are zero; otherwise undefined, and pages that are never written take no memory.</param>
    public NativeBuffer(long bytes, bool zeroed = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;

        // Huge pages reduce address translations in matrix products. A last page that is used in part is huge too if little of it is wasted.
        long whole = (bytes + MemoryPages.HugePage - 1) / MemoryPages.HugePage * MemoryPages.HugePage;
        _taken = whole - bytes <= bytes / WasteDivisor ? whole : bytes;
        Pointer = _taken >= MemoryPages.HugePage ? MemoryPages.Allocate(_taken) : null;
        _hasPages = Pointer != null;
        if (_hasPages)
        {
            MemoryPages.UseHugePages(Pointer, _taken);
        }
        else
        {
            Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Alignment);
            if (zeroed)
            {
                NativeMemory.Clear(Pointer, (nuint)bytes);
            }
        }

        GC.AddMemoryPressure(Math.Max(bytes, 1));
    }

    ~NativeBuffer() => Free();

    public byte* Pointer { get; private set; }

    public long Bytes { get; }

    /// <summary>Floats from an offset in bytes on.</summary>
    public Span<float> Floats(long offset, int count) => new(Pointer + offset, count);

    /// <summary>Integers from an offset in bytes on.</summary>
    public Span<int> Integers(long offset, int count) => new(Pointer + offset, count);

    /// <summary>Frees the memory, at once if an owner calls it who knows that nothing reads it any more.</summary>
    public void Free()
    {
        // Null if the constructor threw, or freed already.
        if (Pointer != null)
        {
            if (_hasPages)
            {
                MemoryPages.Free(Pointer, _taken);
            }
            else
            {
                if (Bytes >= MinReturned)
                {
                    MemoryPages.Return(Pointer, Bytes);
                }

                NativeMemory.AlignedFree(Pointer);
            }

            Pointer = null;
            GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
        }
    }
}
