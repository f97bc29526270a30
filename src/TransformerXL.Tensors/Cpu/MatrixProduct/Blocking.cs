namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// How a product is divided: the depth into blocks whose strips fit the caches, the result into tasks. Sums run over the
/// depth blocks in order for any division into tasks, so that the division never changes a bit of the result.
/// </summary>
internal readonly struct Blocking
{
    /// <summary>A strip of B of this depth stays in the first-level cache while all strips of A are multiplied with it.</summary>
    public const int DepthBlock = 256;

    private const int TasksPerThread = 6;
    private const int MinRows = 48, MaxRows = 192;
    private const int MinColumns = 128;

    public Blocking(int rows, int columns, int microRows, int microColumns, int threads)
    {
        int target = threads == 1 ? 1 : threads * TasksPerThread;
        int rowStrips = Math.Max(1, Strips(rows, microRows));
        int maxStrips = Math.Max(1, MaxRows / microRows);

        // All of a few rows in each task, if there are columns for every thread: no two tasks then read the same strip of B.
        bool takesAllRows = rows <= MaxRows && columns / MinColumns >= threads;
        int stripsPerTask = takesAllRows ? rowStrips : Math.Clamp(rowStrips / target, Math.Min(Strips(MinRows, microRows), maxStrips), maxStrips);
        RowsPerTask = stripsPerTask * microRows;
        RowTasks = Strips(rows, RowsPerTask);
        int wanted = Math.Clamp(Strips(target, RowTasks), 1, Math.Max(1, columns / MinColumns));
        ColumnsPerTask = Strips(Strips(columns, wanted), microColumns) * microColumns;
        ColumnTasks = Strips(columns, ColumnsPerTask);
    }

    public int RowsPerTask { get; }

    public int ColumnsPerTask { get; }

    public int RowTasks { get; }

    public int ColumnTasks { get; }

    public static int Strips(int lanes, int strip) => (lanes + strip - 1) / strip;
}
