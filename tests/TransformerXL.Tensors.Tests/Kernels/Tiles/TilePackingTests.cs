using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

public sealed unsafe class TilePackingTests
{
    public static TheoryData<bool, bool> Forms => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_word_pairs_a_value_with_that_sixteen_further_and_what_is_not_there_is_zero(bool isLeft, bool transposed)
    {
        foreach ((int lanes, int depth) in new[] { (32, 32), (32, 96), (1, 1), (15, 16), (16, 17), (17, 31), (31, 33), (20, 70), (33, 32), (70, 100), (96, 160), (17, 4200), (2100, 40) })
        {
            float[] values = new RandomValues($"{lanes} {depth}").Normal(lanes * depth);
            float At(int lane, int k) => lane >= lanes || k >= depth ? 0 : values[transposed ? (k * lanes) + lane : (lane * depth) + k];
            using GuardedBuffer packed = new((int)TilePacking.Bytes(lanes, depth) / sizeof(float));
            fixed (float* source = values)
            {
                MatrixOperand operand = transposed ? new MatrixOperand(source, 1, lanes) : new MatrixOperand(source, depth, 1);
                TilePacking.Pack(operand, lanes, depth, isLeft, (byte*)packed.First);
            }

            Assert.True(packed.IsIntact, $"{lanes} lanes, depth {depth}: wrote outside");
            uint* words = (uint*)packed.First;
            int steps = TilePacking.Steps(depth);
            for (int step = 0; step < steps; step++)
            {
                for (int lane = 0; lane < Blocking.Strips(lanes, 32) * 32; lane++)
                {
                    for (int pair = 0; pair < 16; pair++)
                    {
                        int tile = ((((lane / 32 * steps) + step) * 2) + (lane % 32 / 16)) * 256, k = (32 * step) + pair;
                        uint word = words[tile + (isLeft ? (lane % 16 * 16) + pair : (pair * 16) + (lane % 16))];
                        Assert.Equal((Upper(At(lane, k)), Upper(At(lane, k + 16))), (word & 0xFFFF, word >> 16));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Parts_of_a_matrix_are_packed_like_the_whole(bool isLeft, bool transposed)
    {
        const int Lanes = 100, Depth = 150;
        float[] values = new RandomValues($"{isLeft} {transposed}").Normal(Lanes * Depth);
        int floats = (int)TilePacking.Bytes(Lanes, Depth) / sizeof(float);
        using GuardedBuffer whole = new(floats), parts = new(floats);
        fixed (float* source = values)
        {
            MatrixOperand operand = transposed ? new MatrixOperand(source, 1, Lanes) : new MatrixOperand(source, Depth, 1);
            TilePacking.Pack(operand, Lanes, Depth, isLeft, (byte*)whole.First);
            foreach ((int lane, int lanes) in new[] { (0, 64), (64, 36) })
            {
                foreach ((int k, int depth) in new[] { (0, 32), (32, 96), (128, 22) })
                {
                    byte* packed = (byte*)parts.First + TilePacking.Bytes(lane, Depth) + TilePacking.Bytes(1, k);
                    TilePacking.Pack(operand.At(lane, k), lanes, depth, isLeft, packed, (nint)TilePacking.Bytes(1, Depth));
                }
            }
        }

        Assert.True(parts.IsIntact);
        Assert.True(Bits.Equal(whole.Span, parts.Span));
    }

    [Fact]
    public void Rows_that_are_stored_as_bfloat16_are_packed_like_the_same_values_in_float32()
    {
        foreach ((int count, int size) in new[] { (32, 32), (1, 1), (15, 16), (16, 24), (17, 31), (33, 33), (70, 64), (100, 48), (64, 41) })
        {
            int stride = CpuKeyValueMemory.Padded(size);
            float[] rows = new float[count * stride];
            ushort[] stored = new ushort[rows.Length];
            float[] values = new RandomValues($"{count} {size}").Normal(count * size);
            for (int i = 0; i < values.Length; i++)
            {
                rows[(i / size * stride) + (i % size)] = Bfloat16.Round(values[i]);
                stored[(i / size * stride) + (i % size)] = (ushort)Upper(values[i]);
            }

            foreach (bool byKey in (bool[])[true, false])
            {
                int floats = (int)TilePacking.Bytes(byKey ? count : size, byKey ? size : count) / sizeof(float);
                using GuardedBuffer expected = new(floats), packed = new(floats);
                Bfloat16Products products = new(new InterpretedTiles());
                fixed (float* wide = rows)
                fixed (ushort* narrow = stored)
                {
                    MatrixOperand source = byKey ? new MatrixOperand(wide, stride, 1) : new MatrixOperand(wide, 1, stride);
                    products.PackRight(source, byKey ? count : size, byKey ? size : count, expected.First);
                    products.PackStored(narrow, stride, count, size, byKey, null, packed.First);
                }

                Assert.True(packed.IsIntact, $"{count} rows of {size}: wrote outside");
                Assert.True(Bits.Equal(expected.Span, packed.Span), $"{count} rows of {size}, by key: {byKey}");
            }
        }
    }

    private static uint Upper(float value) => BitConverter.SingleToUInt32Bits(Bfloat16.Round(value)) >> 16;
}
