using System.Runtime.InteropServices;
using TransformerXL.Cli.Bench;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class PeakMemoryTests
{
    [Fact]
    public unsafe void A_peak_before_the_reset_does_not_count()
    {
        // Far more than tests beside this one take.
        const int Bytes = 768 << 20;
        void* memory = NativeMemory.AlignedAlloc(Bytes, 4096);
        new Span<byte>(memory, Bytes).Fill(1);
        long before = PeakMemory.Read();
        NativeMemory.AlignedFree(memory);
        Assert.True(before >= Bytes);
        if (PeakMemory.Reset())
        {
            Assert.InRange(PeakMemory.Read(), 1, before - (Bytes / 2));
        }
        else
        {
            Assert.False(OperatingSystem.IsLinux(), "Linux resets the peak");
        }
    }

    /// <summary>Blocks that are freed between others stay resident until the C library is told to return them.</summary>
    [SkippableFact]
    public unsafe void Small_blocks_that_were_freed_before_the_reset_do_not_count()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_trim", out _), "this C library has no malloc_trim");
        const int Blocks = 1000, Bytes = 1 << 20;

        // From the first free of such a block on, the library keeps smaller ones for later requests.
        NativeMemory.Free(NativeMemory.Alloc(24 << 20));
        void*[] blocks = new void*[Blocks];
        for (int i = 0; i < Blocks; i++)
        {
            blocks[i] = NativeMemory.Alloc(Bytes);
            new Span<byte>(blocks[i], Bytes).Fill(1);
        }

        long before = PeakMemory.Read();
        for (int i = 0; i < Blocks - 1; i++)
        {
            NativeMemory.Free(blocks[i]);
        }

        PeakMemory.Reset();
        long after = PeakMemory.Read();
        NativeMemory.Free(blocks[^1]);
        Assert.InRange(after, 1, before - (Blocks / 2 * (long)Bytes));
    }
}
