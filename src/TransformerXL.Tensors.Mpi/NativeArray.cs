using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Mpi;

/// <summary>Native memory that grows, for buffers of messages.</summary>
internal sealed unsafe class NativeArray : IDisposable
{
    private nuint _bytes;

    public nint Address { get; private set; }

    /// <summary>Ensures a capacity in bytes; the contents are lost if it grows.</summary>
    public void Reserve(long bytes)
    {
        if ((nuint)bytes > _bytes)
        {
            Dispose();
            (Address, _bytes) = ((nint)NativeMemory.AlignedAlloc((nuint)bytes, 64), (nuint)bytes);
        }
    }

    public Span<T> Span<T>(long start, int count) where T : unmanaged => new((T*)Address + start, count);

    public void Dispose()
    {
        NativeMemory.AlignedFree((void*)Address);
        (Address, _bytes) = (0, 0);
    }
}
