using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The memory that interpreted code may read and write.</summary>
internal sealed unsafe class MemoryRegions
{
    private readonly List<(ulong Start, ulong End, bool Writable)> _regions = [];

    /// <summary>The block itself, its strips, and so many rows of its results.</summary>
    public static MemoryRegions OfBlock(TileBlock* block, long rows)
    {
        long part = block->Steps * TilePacking.StepBytes;
        MemoryRegions memory = new();
        memory.Add(block, sizeof(TileBlock), writable: true);
        memory.AddRows(block->A, block->RowStrips, block->StripA, part, writable: false);
        memory.AddRows(block->B, block->ColumnStrips, block->StripB, part, writable: false);
        memory.AddRows(block->C, rows, block->RowC, 32 * sizeof(float) * block->ColumnStrips, writable: true);
        return memory;
    }

    public void Add(void* start, long bytes, bool writable) => _regions.Add(((ulong)start, (ulong)start + (ulong)bytes, writable));

    /// <summary>Several stretches of the same length, not what lies between them; one if they touch.</summary>
    public void AddRows(void* start, long rows, long distance, long bytes, bool writable)
    {
        if (distance == bytes)
        {
            Add(start, rows * bytes, writable);
            return;
        }

        for (long row = 0; row < rows; row++)
        {
            Add((byte*)start + (row * distance), bytes, writable);
        }
    }

    /// <summary>The memory at an address.</summary>
    /// <exception cref="InvalidOperationException">The code may not touch it.</exception>
    public byte* At(ulong address, int bytes, bool write)
    {
        foreach ((ulong start, ulong end, bool writable) in _regions)
        {
            if (address >= start && address + (ulong)bytes <= end && (writable || !write))
            {
                return (byte*)address;
            }
        }

        throw new InvalidOperationException($"{(write ? "writes" : "reads")} {bytes} bytes at {address:X}, outside of what the block names");
    }
}
