using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// The general matrix product over packed strips (Goto and van de Geijn 2008): the team packs B once, then each task
/// packs its rows of A, one depth block at a time, and walks register tiles over both.
/// </summary>
internal static unsafe class MatrixProductKernel<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    public static void Run(CpuBackend backend, in MatrixProductArguments arguments)
    {
        Blocking blocking = new(arguments.Rows, arguments.Columns, TMicro.Rows, TMicro.Columns, backend.Threads);
        int depthBlock = Math.Min(arguments.Depth, Blocking.DepthBlock);
        backend.ReserveWorkerScratch(Packing.Size(blocking.RowsPerTask, depthBlock, TMicro.Rows));
        float* packedB = arguments.PackedB;
        if (packedB == null)
        {
            packedB = backend.SharedScratch(Packing.Size(arguments.Columns, arguments.Depth, TMicro.Columns));
            PackRight(backend, arguments.B, arguments.Depth, arguments.Columns, arguments.Precision, packedB);
        }

        Multiply multiply = new(backend, arguments, blocking, packedB);
        backend.Team.Run(blocking.RowTasks * blocking.ColumnTasks, ref multiply);
    }

    /// <summary>Lays B (depth, columns) out as products read it.</summary>
    public static void PackRight(CpuBackend backend, MatrixOperand b, int depth, int columns, Precision precision, float* packed)
    {
        PackB pack = new(b, depth, columns, precision, packed);
        backend.Team.Run(pack.Tasks, ref pack);
    }

    /// <summary>
    /// C (rows, columns) = or += packed A times strips of B. Tiles that extend past the edge of C are computed whole in separate memory
    /// and copied, so that every element is summed in the same way; they may read up to one strip past the last column of B.
    /// </summary>
    public static void MultiplyStrips(
        int rows, int columns, int depth, float* packedA, Strips b, float* c, nint stride, bool accumulate)
    {
        float* edge = stackalloc float[TMicro.Rows * TMicro.Columns];
        float* strip = b.Data;
        for (int column = 0; column < columns; column += TMicro.Columns, strip += b.Spacing)
        {
            int width = Math.Min(TMicro.Columns, columns - column);
            float* a = packedA;
            for (int row = 0; row < rows; row += TMicro.Rows, a += (nint)TMicro.Rows * depth)
            {
                int height = Math.Min(TMicro.Rows, rows - row);
                float* tile = c + (row * stride) + column;
                if (width == TMicro.Columns && height == TMicro.Rows)
                {
                    TMicro.Run(depth, a, strip, b.Stride, tile, stride, accumulate);
                }
                else
                {
                    TMicro.Run(depth, a, strip, b.Stride, edge, TMicro.Columns, false);
                    CopyEdge(edge, width, height, tile, stride, accumulate);
                }
            }
        }
    }

    private static void CopyEdge(float* edge, int width, int height, float* tile, nint stride, bool accumulate)
    {
        for (int row = 0; row < height; row++, edge += TMicro.Columns, tile += stride)
        {
            for (int column = 0; column < width; column++)
            {
                tile[column] = accumulate ? tile[column] + edge[column] : edge[column];
            }
        }
    }

    private readonly struct PackB(MatrixOperand b, int depth, int columns, Precision precision, float* packed) : IParallelBody
    {
        private const int StripsPerTask = 4;

        private readonly int _stripTasks = Blocking.Strips(columns, TMicro.Columns * StripsPerTask);

        public int Tasks => _stripTasks * Blocking.Strips(depth, Blocking.DepthBlock);

        public void Invoke(int task, int worker)
        {
            int k = task / _stripTasks * Blocking.DepthBlock;
            int column = task % _stripTasks * StripsPerTask * TMicro.Columns;
            int count = Math.Min(StripsPerTask * TMicro.Columns, columns - column);
            int rows = Math.Min(Blocking.DepthBlock, depth - k);
            float* destination = packed + Packing.Size(columns, k, TMicro.Columns) + ((nint)column * rows);
            Packing.Pack(b.Transposed.At(column, k), count, rows, TMicro.Columns, precision, destination);
        }
    }

    private readonly struct Multiply(CpuBackend backend, MatrixProductArguments arguments, Blocking blocking, float* packedB) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int row = task / blocking.ColumnTasks * blocking.RowsPerTask;
            int column = task % blocking.ColumnTasks * blocking.ColumnsPerTask;
            int rows = Math.Min(blocking.RowsPerTask, arguments.Rows - row);
            int columns = Math.Min(blocking.ColumnsPerTask, arguments.Columns - column);
            float* packedA = backend.WorkerScratch(worker);
            float* c = arguments.C + (row * arguments.Stride) + column;
            for (int k = 0; k < arguments.Depth; k += Blocking.DepthBlock)
            {
                int depth = Math.Min(Blocking.DepthBlock, arguments.Depth - k);
                Packing.Pack(arguments.A.At(row, k), rows, depth, TMicro.Rows, arguments.Precision, packedA);
                float* packed = packedB + Packing.Size(arguments.Columns, k, TMicro.Columns) + ((nint)column * depth);
                Strips strips = new(packed, TMicro.Columns, (nint)TMicro.Columns * depth);
                MultiplyStrips(rows, columns, depth, packedA, strips, c, arguments.Stride, arguments.Accumulate || k > 0);
            }

            if (!arguments.Epilogue.IsEmpty)
            {
                EpilogueKernel<TSimd, TVector>.Apply(arguments, row, rows, column, columns);
            }
        }
    }
}
