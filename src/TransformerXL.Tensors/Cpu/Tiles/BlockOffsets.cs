namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>The offsets of the fields of a <see cref="TileBlock"/>, for generated code.</summary>
internal readonly record struct BlockOffsets(int A, int B, int C, int StripA, int StripB, int RowC, int RowStrips, int ColumnStrips, int Steps, int Accumulate)
{
    public static unsafe BlockOffsets OfBlock()
    {
        TileBlock block = default;
        byte* start = (byte*)&block;
        return new BlockOffsets(
            (int)((byte*)&block.A - start),
            (int)((byte*)&block.B - start),
            (int)((byte*)&block.C - start),
            (int)((byte*)&block.StripA - start),
            (int)((byte*)&block.StripB - start),
            (int)((byte*)&block.RowC - start),
            (int)((byte*)&block.RowStrips - start),
            (int)((byte*)&block.ColumnStrips - start),
            (int)((byte*)&block.Steps - start),
            (int)((byte*)&block.Accumulate - start));
    }
}
