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
}
