using TransformerXL.Tensors.Cpu.Tiles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

public sealed class TileSelfTestTests
{
    private enum Fault
    {
        Nothing,
        ForgetsToAdd,
        ForgetsAStep,
        ForgetsAStrip,
        WritesBeside,
    }

    [Fact]
    public void Tiles_that_multiply_pass() => Assert.True(TileSelfTest.Passes(new InterpretedTiles()));

    [Fact]
    public void Vectors_that_multiply_pass() => Assert.True(TileSelfTest.Passes(new InterpretedTiles(isVector: true)));

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
}
