using TransformerXL.Tensors.Cpu.MatrixProduct;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>Every width of a strip on every processor: what an instruction set does not choose here is chosen elsewhere.</summary>
public sealed unsafe class PackingTests
{
    private const int Stride = 37;

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(32)]
    public void Strips_hold_their_lanes_side_by_side_and_zeros_beyond(int strip)
    {
        foreach (int depth in (int[])[1, 3, 8, 19, 37])
        {
            for (int lanes = 1; lanes <= Math.Min(Stride, (2 * strip) + 1); lanes++)
            {
                Pack(lanes, depth, strip, laneStride: Stride, depthStride: 1);
                Pack(lanes, depth, strip, laneStride: 1, depthStride: Stride);
            }
        }
    }

    private static void Pack(int lanes, int depth, int strip, int laneStride, int depthStride)
    {
        // Exactly as much as the matrix has: what is written beyond is seen by the guard.
        float[] source = [.. Enumerable.Range(1, ((lanes - 1) * laneStride) + ((depth - 1) * depthStride) + 1).Select(i => (float)i)];
        long size = Packing.Size(lanes, depth, strip);
        float[] packed = new float[size + 1];
        Array.Fill(packed, -1);
        fixed (float* from = source, to = packed)
        {
            // Two parts of the depth, as the threads of a product share it.
            int part = (depth + 1) / 2;
            Packing.Pack(new MatrixOperand(from, laneStride, depthStride), lanes, part, strip, to, (nint)strip * depth);
            Packing.Pack(new MatrixOperand(from + (part * depthStride), laneStride, depthStride), lanes, depth - part, strip, to + (part * strip), (nint)strip * depth);
        }

        for (int lane = 0; lane < (lanes + strip - 1) / strip * strip; lane++)
        {
            for (int k = 0; k < depth; k++)
            {
                float expected = lane < lanes ? source[(lane * laneStride) + (k * depthStride)] : 0;
                Assert.Equal(expected, packed[(lane / strip * strip * depth) + (k * strip) + (lane % strip)]);
            }
        }

        Assert.Equal(-1, packed[size]);
    }
}
