using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// The matrix product of operands rounded to bfloat16, with sums in float32, by tiles: the team packs both operands once, then each task
/// multiplies blocks, one part of the depth after the other. Values that are denormal as float32 count as zero in the processor's tiles.
/// </summary>
internal static unsafe class TileProductKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats that a right operand (depth, columns) takes when packed.</summary>
    public static long PackedRightSize(int depth, int columns) => TilePacking.Bytes(columns, depth) / sizeof(float);

    /// <summary>Packs B (depth, columns) in the layout of products.</summary>
    public static void PackRight(CpuBackend backend, MatrixOperand b, int depth, int columns, float* packed)
    {
        PackOperand pack = new(b.Transposed, columns, depth, false, (byte*)packed);
        backend.Team.Run(pack.Tasks, ref pack);
    }

    public static void Run(CpuBackend backend, ITiles tiles, in MatrixProductArguments arguments)
    {
        bool packRight = arguments.PackedB == null;
        long leftBytes = TilePacking.Bytes(arguments.Rows, arguments.Depth);
        long rightBytes = packRight ? TilePacking.Bytes(arguments.Columns, arguments.Depth) : 0;
        byte* packedA = (byte*)backend.SharedScratch((leftBytes + rightBytes) / sizeof(float));
        byte* packedB = packRight ? packedA + leftBytes : (byte*)arguments.PackedB;
        PackOperand left = new(arguments.A, arguments.Rows, arguments.Depth, true, packedA);
        PackOperand right = new(arguments.B.Transposed, packRight ? arguments.Columns : 0, arguments.Depth, false, packedB);
        ParallelPair<PackOperand> pack = new(left, left.Tasks, right);
        backend.Team.Run(left.Tasks + right.Tasks, ref pack);

        TileBlocking blocking = new(arguments.Rows, arguments.Columns, backend.Threads);
        backend.ReserveWorkerScratch(TileBlocking.MaxLanes * TileBlocking.MaxLanes);
        Multiply multiply = new(backend, tiles, arguments, blocking, packedA, packedB);
        backend.Team.Run(blocking.RowTasks * blocking.ColumnTasks, ref multiply);
    }

    /// <summary>Packs an operand, some rows of its matrix in each task: all of them if they are not very long.</summary>
    private readonly struct PackOperand(MatrixOperand source, int lanes, int depth, bool isLeft, byte* packed) : IParallelBody
    {
        private const int MaxWidth = 4096, ValuesPerTask = 1 << 15;

        private readonly bool _lanesAreRows = source.RowStride != 1;

        private int Rows => _lanesAreRows ? lanes : depth;

        private int Width => _lanesAreRows ? depth : lanes;

        private int WidthPerTask => Math.Min(MaxWidth, Blocking.Strips(Width, TilePacking.StripLanes) * TilePacking.StripLanes);

        private int RowsPerTask => Blocking.Strips(ValuesPerTask, WidthPerTask * TilePacking.StripLanes) * TilePacking.StripLanes;

        public int Tasks => Rows == 0 || Width == 0 ? 0 : Blocking.Strips(Rows, RowsPerTask) * Blocking.Strips(Width, WidthPerTask);

        public void Invoke(int task, int worker)
        {
            int across = Blocking.Strips(Width, WidthPerTask), row = task / across * RowsPerTask, column = task % across * WidthPerTask;
            int rows = Math.Min(RowsPerTask, Rows - row), columns = Math.Min(WidthPerTask, Width - column);
            (int lane, int k) = _lanesAreRows ? (row, column) : (column, row);

            // Strips before this one, then the steps of this one before k.
            byte* destination = packed + TilePacking.Bytes(lane, depth) + TilePacking.Bytes(1, k);
            TilePacking.Pack(
                source.At(lane, k), _lanesAreRows ? rows : columns, _lanesAreRows ? columns : rows, isLeft, destination, (nint)TilePacking.Bytes(1, depth));
        }
    }

    private readonly struct Multiply(
        CpuBackend backend, ITiles tiles, MatrixProductArguments arguments, TileBlocking blocking, byte* packedA, byte* packedB) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int row = task / blocking.ColumnTasks * blocking.RowsPerTask;
            int column = task % blocking.ColumnTasks * blocking.ColumnsPerTask;
            int rows = Math.Min(blocking.RowsPerTask, arguments.Rows - row);
            int columns = Math.Min(blocking.ColumnsPerTask, arguments.Columns - column);
            float* c = arguments.C + (row * arguments.Stride) + column;
            if (rows % TilePacking.StripLanes == 0 && columns % TilePacking.StripLanes == 0)
            {
                MultiplyBlock(row, rows, column, columns, c, arguments.Stride);
            }
            else
            {
                MultiplyEdge(row, rows, column, columns, c, backend.WorkerScratch(worker));
            }

            if (!arguments.Epilogue.IsEmpty)
            {
                EpilogueKernel<TSimd, TVector>.Apply(arguments, row, rows, column, columns);
            }
        }

        /// <summary>A block that extends past the edge of C is computed whole in separate memory, starting with the values of C, so that every value is summed in the same way.</summary>
        private void MultiplyEdge(int row, int rows, int column, int columns, float* c, float* edge)
        {
            if (arguments.Accumulate)
            {
                Copy(c, arguments.Stride, edge, TileBlocking.MaxLanes, rows, columns);
            }

            MultiplyBlock(row, rows, column, columns, edge, TileBlocking.MaxLanes);
            if (arguments.Depth > 0)
            {
                Copy(edge, TileBlocking.MaxLanes, c, arguments.Stride, rows, columns);
            }
        }

        private void MultiplyBlock(int row, int rows, int column, int columns, float* c, nint stride)
        {
            int steps = TilePacking.Steps(arguments.Depth);
            for (int step = 0; step < steps; step += TileBlocking.MaxSteps)
            {
                TileBlock block = new()
                {
                    A = packedA + TilePacking.Bytes(row, arguments.Depth) + ((nint)step * TilePacking.StepBytes),
                    B = packedB + TilePacking.Bytes(column, arguments.Depth) + ((nint)step * TilePacking.StepBytes),
                    C = c,
                    StripA = (long)steps * TilePacking.StepBytes,
                    StripB = (long)steps * TilePacking.StepBytes,
                    RowC = stride * sizeof(float),
                    RowStrips = Blocking.Strips(rows, TilePacking.StripLanes),
                    ColumnStrips = Blocking.Strips(columns, TilePacking.StripLanes),
                    Steps = Math.Min(TileBlocking.MaxSteps, steps - step),
                    Accumulate = arguments.Accumulate || step > 0 ? 1 : 0,
                };
                tiles.Multiply(&block);
            }
        }

        private static void Copy(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
        {
            for (int i = 0; i < rows; i++, from += fromStride, to += toStride)
            {
                new Span<float>(from, columns).CopyTo(new Span<float>(to, columns));
            }
        }
    }
}
