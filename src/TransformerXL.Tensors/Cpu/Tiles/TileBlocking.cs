using TransformerXL.Tensors.Cpu.MatrixProduct;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>Divides a product into blocks for the tiles. Every value is summed in the same order for any division.</summary>
internal readonly struct TileBlocking
{
    /// <summary>The longest side of a block: large enough that setting up the tiles costs little, small enough for the second cache.</summary>
    public const int MaxLanes = 128;

    /// <summary>Steps of one call, 512 values of k: a strip of B over them stays in the first-level cache while all strips of A are multiplied with it.</summary>
    public const int MaxSteps = 16;

    /// <summary>Blocks become smaller until each thread has some, since threads of a shared processor differ in speed.</summary>
    private const int TasksPerThread = 3;

    public TileBlocking(int rows, int columns, int threads)
    {
        (RowsPerTask, ColumnsPerTask) = (MaxLanes, MaxLanes);
        int wanted = threads == 1 ? 1 : threads * TasksPerThread;
        while ((long)Blocking.Strips(rows, RowsPerTask) * Blocking.Strips(columns, ColumnsPerTask) < wanted
            && RowsPerTask + ColumnsPerTask > 2 * TilePacking.StripLanes)
        {
            (RowsPerTask, ColumnsPerTask) = RowsPerTask > ColumnsPerTask ? (RowsPerTask / 2, ColumnsPerTask) : (RowsPerTask, ColumnsPerTask / 2);
        }

        RowTasks = Blocking.Strips(rows, RowsPerTask);
        ColumnTasks = Blocking.Strips(columns, ColumnsPerTask);
    }

    public int RowsPerTask { get; }

    public int ColumnsPerTask { get; }

    public int RowTasks { get; }

    public int ColumnTasks { get; }
}
