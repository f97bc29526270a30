using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>A weight that is packed once for many products.</summary>
public sealed class PackedWeightTests(Backends backends) : IClassFixture<Backends>
{
    [Theory]
    [InlineData(1, 37, 300)]
    [InlineData(8, 64, 70)]
    [InlineData(9, 64, 70)]
    [InlineData(100, 97, 513)]
    [InlineData(513, 256, 64)]
    public void A_product_has_the_same_bits_packed_or_not(int rows, int outer, int inner)
    {
        System.Random random = new(rows);
        Tensor x = InferenceTensors.Random(random, new Shape(rows, inner)), weight = InferenceTensors.Random(random, new Shape(outer, inner));
        Tensor bias = InferenceTensors.Random(random, new Shape(outer)), expected = Tensor.Allocate(new Shape(rows, outer)), actual = Tensor.Allocate(expected.Shape);
        foreach (Isa isa in Backends.Isas)
        {
            CpuBackend backend = backends.Get(isa, 2);
            PackedWeight packed = new(backends.Get(isa), weight);
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                backend.Linear(x, weight, bias, expected, activation);
                backend.Linear(x, packed, bias, actual, activation);
                Assert.Equal(expected.Span, actual.Span);
            }
        }
    }

    [Fact]
    public void Another_instruction_set_is_refused_by_name()
    {
        PackedWeight packed = new(backends.Get(Isa.Scalar), Tensor.Allocate(new Shape(3, 2)));
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => backends.Get(CpuBackend.Best).Linear(Tensor.Allocate(new Shape(4, 2)), packed, default, Tensor.Allocate(new Shape(4, 3))));
        Assert.Contains($"packed for Scalar, but the backend computes with {CpuBackend.Best}", refused.Message, StringComparison.Ordinal);
    }
}
