using TransformerXL.Tensors.Cpu.Tiles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

public sealed class TileSelfTestTests
{
    private enum Fault
    {
        None,
        Nothing,
        ForgetsToAdd,
        ForgetsAStep,
        ForgetsAStrip,
        WritesBeside,
        Saturates,
    }

    [Fact]
    public void Tiles_that_multiply_pass() => Assert.True(TileSelfTest.Passes(new InterpretedTiles()));

    [Fact]
    public void Vectors_that_multiply_pass() => Assert.True(TileSelfTest.Passes(new InterpretedTiles(isVector: true)));

    [Fact]
    public void Vectors_that_multiply_8_bits_pass() => Assert.True(Int8SelfTest.Passes(new FaultyInt8(Fault.None)));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Vectors_that_multiply_8_bits_with_a_fault_fail(int fault)
    {
        Assert.False(Int8SelfTest.Passes(new FaultyInt8((Fault)fault)));
        if ((Fault)fault != Fault.ForgetsToAdd)
        {
            Assert.False(Int8SelfTest.Passes(new FaultyInt8((Fault)fault, few: 4)));
        }
    }

    [Fact]
    public void Tiles_that_do_nothing_fail() => Assert.False(TileSelfTest.Passes(new FaultyTiles(Fault.Nothing)));

    [Fact]
    public void Tiles_that_overwrite_where_they_should_add_fail() => Assert.False(TileSelfTest.Passes(new FaultyTiles(Fault.ForgetsToAdd)));

    [Fact]
    public void Tiles_that_forget_a_part_of_the_depth_fail() => Assert.False(TileSelfTest.Passes(new FaultyTiles(Fault.ForgetsAStep)));

    [Fact]
    public void Tiles_that_forget_columns_fail() => Assert.False(TileSelfTest.Passes(new FaultyTiles(Fault.ForgetsAStrip)));

    [Fact]
    public void Tiles_that_write_beside_the_result_fail() => Assert.False(TileSelfTest.Passes(new FaultyTiles(Fault.WritesBeside)));

    [Fact]
    public void The_peak_counts_down_to_its_end() => new InterpretedTiles().Peak(3);

    private sealed unsafe class FaultyTiles(Fault fault) : ITiles
    {
        private readonly InterpretedTiles _tiles = new();

        public string Name => "faulty";

        public long PeakOperations => 1;

        public void Multiply(TileBlock* block)
        {
            float* beside = block->C + (32 * block->ColumnStrips);
            switch (fault)
            {
                case Fault.Nothing:
                    return;
                case Fault.ForgetsToAdd:
                    block->Accumulate = 0;
                    break;
                case Fault.ForgetsAStep:
                    block->Steps--;
                    break;
                case Fault.ForgetsAStrip:
                    block->ColumnStrips--;
                    break;
                default:
                    *beside += 1;
                    break;
            }

            _tiles.Multiply(block);
        }

        public void Peak(long iterations)
        {
        }
    }

    /// <summary>A fault in products of many rows, or of so many few ones.</summary>
    private sealed unsafe class FaultyInt8(Fault fault, int few = 0) : IInt8Unit
    {
        private readonly InterpretedInt8 _unit = new();

        public string Name => "faulty";

        public long PeakOperations => 1;

        public void Multiply(TileBlock* block) => Run(block, 0);

        public void MultiplyFew(TileBlock* block, int rows) => Run(block, rows);

        public void Peak(long iterations)
        {
        }

        private void Run(TileBlock* block, int rows)
        {
            bool isFaulty = rows == few;
            int* sums = (int*)block->C, beside = sums + (32 * block->ColumnStrips);
            switch (isFaulty ? fault : Fault.None)
            {
                case Fault.Nothing:
                    return;
                case Fault.ForgetsToAdd:
                    block->Accumulate = 0;
                    break;
                case Fault.ForgetsAStep:
                    block->Steps--;
                    break;
                case Fault.ForgetsAStrip:
                    block->ColumnStrips--;
                    break;
                case Fault.WritesBeside:
                    *beside += 1;
                    break;
            }

            if (rows == 0)
            {
                _unit.Multiply(block);
            }
            else
            {
                _unit.MultiplyFew(block, rows);
            }

            if (isFaulty && fault == Fault.Saturates)
            {
                // A sum that an instruction with pairs of 16 bits would have cut.
                *sums = Math.Clamp(*sums, short.MinValue, short.MaxValue);
            }
        }
    }
}
