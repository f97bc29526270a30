using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

public sealed unsafe class Bfloat16Tests
{
    [Fact]
    public void Numbers_become_the_nearest_with_eight_binary_digits()
    {
        RandomValues random = new(nameof(Bfloat16Tests));
        float[] values = [0, -0f, 1, 1 + (1f / 256), 1 + (3f / 256), -1 - (1f / 256), 1.17549435e-38f, 3e-40f, .. random.Normal(1000)];
        float[] rounded = Round(values);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal((float)MatrixOracle.ToBfloat16(values[i]), rounded[i]);
            Assert.Equal(rounded[i], Bfloat16.Round(values[i]));
        }
    }

    [Theory]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    [InlineData(float.MaxValue, float.PositiveInfinity)]
    [InlineData(3.3895314e38f, 3.3895314e38f)]
    public void What_is_too_large_becomes_infinite(float value, float expected) =>
        Assert.All(Round([.. Enumerable.Repeat(value, 9)]), rounded => Assert.Equal(expected, rounded));

    [Theory]
    [InlineData(0x7F80_0001u)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0xFFFF_FFFFu)]
    public void What_is_no_number_stays_none(uint bits) =>
        Assert.All(Round([.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(bits), 9)]), rounded => Assert.True(float.IsNaN(rounded)));

    private static float[] Round(float[] values)
    {
        float[] rounded = [.. values];
        fixed (float* pointer = rounded)
        {
            Bfloat16.Round(pointer, rounded.Length);
        }

        return rounded;
    }
}
