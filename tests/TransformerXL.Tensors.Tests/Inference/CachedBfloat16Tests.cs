using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Keys, values and relative rows that are kept as bfloat16.</summary>
public sealed class CachedBfloat16Tests(Backends backends) : IClassFixture<Backends>
{
    [Theory]
    [InlineData(1, 0, 1, 1, 1)]
    [InlineData(1, 37, 2, 3, 5)]
    [InlineData(1, 300, 1, 2, 64)]
    [InlineData(3, 50, 2, 2, 24)]
    [InlineData(8, 13, 1, 1, 70)]
    [InlineData(9, 21, 2, 2, 24)]
    [InlineData(70, 33, 2, 3, 12)]
    [InlineData(100, 500, 1, 2, 64)]
    public void Attention_over_values_that_rounding_leaves_as_they_are_has_the_bits_of_float32(int queries, int rows, int streams, int heads, int headSize)
    {
        System.Random random = new(queries + rows);
        int width = heads * headSize, keys = rows + queries;
        Tensor projected = Rounded(InferenceTensors.Random(random, new Shape(keys, streams, 3 * width)));
        Tensor relative = Rounded(InferenceTensors.Random(random, new Shape(keys + 4, width)));
        Tensor u = InferenceTensors.Random(random, new Shape(heads, headSize)), v = InferenceTensors.Random(random, new Shape(heads, headSize));
        foreach (Isa isa in Backends.Isas)
        {
            // A unit for bfloat16 rounds queries and probabilities too.
            using CpuBackend withoutUnit = new(isa, 2, tiles: null);
            Assert.Equal(Compute(withoutUnit, Precision.Float32), Compute(withoutUnit, Precision.Bfloat16));
            Assert.Equal(Compute(backends.Get(isa), Precision.Bfloat16), Compute(backends.Get(isa, 3), Precision.Int8));
        }

        float[] Compute(CpuBackend backend, Precision precision)
        {
            CpuKeyValueMemory memory = new(keys + 7, streams, heads, headSize, precision);
            memory.Write(3, projected);
            Tensor output = Tensor.Allocate(new Shape(queries, streams, width)), workspace = Tensor.Allocate(new Shape(queries, streams, heads));
            backend.Attention(
                projected.Slice(rows, queries), memory, 3, keys, new CpuRelativeTable(relative, heads, precision), u, v, int.MaxValue, workspace, output);
            return output.Span.ToArray();
        }
    }

    [Fact]
    public void Rows_that_are_read_back_are_those_written_rounded_also_after_a_move()
    {
        CpuKeyValueMemory memory = new(20, streams: 2, heads: 3, headSize: 5, Precision.Int8), exact = new(20, 2, 3, 5);
        Tensor rows = InferenceTensors.Random(new System.Random(4), new Shape(12, 2, 30)), back = Tensor.Allocate(new Shape(9, 2, 30));
        memory.Write(8, rows);
        memory.CopyToStart(11, 9, memory);
        memory.Read(0, back);
        Assert.Equal(Rounded(rows.Slice(3, 9)).Span.ToArray(), back.Span.ToArray());
        Assert.Equal(exact.Bytes, 2 * memory.Bytes);
        Assert.Equal(Precision.Bfloat16, memory.StoredPrecision);
    }

    [Fact]
    public void Tables_and_memories_of_different_precisions_are_refused()
    {
        CpuBackend backend = backends.Get(CpuBackend.Best);
        CpuKeyValueMemory memory = new(6, 1, 2, 4, Precision.Bfloat16);
        CpuRelativeTable relative = new(Tensor.Allocate(new Shape(6, 8)), 2);
        Tensor q = Tensor.Allocate(new Shape(1, 1, 8)), bias = Tensor.Allocate(new Shape(2, 4)), workspace = Tensor.Allocate(new Shape(1, 2));
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => backend.Attention(q, memory, 0, 5, relative, bias, bias, 9, workspace, Tensor.Allocate(new Shape(1, 1, 8))));
        Assert.Contains("stored as Float32, but keys and values as Bfloat16", exception.Message, StringComparison.Ordinal);
    }

    private static Tensor Rounded(Tensor tensor)
    {
        Tensor rounded = Tensor.From(tensor.Shape, tensor.Span);
        foreach (ref float value in rounded.Span)
        {
            value = Bfloat16.Round(value);
        }

        return rounded;
    }
}
