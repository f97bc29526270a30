using System.Numerics;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// The general matrix product over packed strips (Goto and van de Geijn 2008): the team packs B once, then each task
/// packs its rows of A, one depth block at a time, and walks register tiles over both. Where several tasks need the same rows
/// of A, the team packs these once as well.
/// </summary>
internal static unsafe class MatrixProductKernel<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    /// <summary>From so many tasks on that would pack the same rows of A, the team packs them once.</summary>
    private const int SharedFrom = 3;

    /// <summary>Values of a row that are read ahead of packing: 32 rows of so many are half of a second-level cache.</summary>
    private const int MaxRead = 4096;

    public static void Run(CpuBackend backend, in MatrixProductArguments arguments)
    {
        Blocking blocking = new(arguments.Rows, arguments.Columns, TMicro.Rows, TMicro.Columns, backend.Threads);
        bool packsLeft = blocking.ColumnTasks >= SharedFrom, packsRight = arguments.PackedB == null;

        // The strips of B after it begin at a multiple of a vector.
        long left = packsLeft ? (Packing.Size(arguments.Rows, arguments.Depth, TMicro.Rows) + 15) / 16 * 16 : 0;
        float* packedB = arguments.PackedB, packedA = null;
        if (packsLeft || packsRight)
        {
            float* packed = backend.SharedScratch(left + (packsRight ? Packing.Size(arguments.Columns, arguments.Depth, TMicro.Columns) : 0));
            packedA = packsLeft ? packed : null;
            packedB = packsRight ? packed + left : packedB;
            PackOperand packA = new(arguments.A, packsLeft ? arguments.Rows : 0, arguments.Depth, TMicro.Rows, arguments.Precision, packedA);
            PackOperand packB = new(arguments.B.Transposed, packsRight ? arguments.Columns : 0, arguments.Depth, TMicro.Columns, arguments.Precision, packedB);
            ParallelPair<PackOperand> pack = new(packA, packA.Tasks, packB);
            backend.Team.Run(packA.Tasks + packB.Tasks, ref pack);
        }

        if (!packsLeft)
        {
            backend.ReserveWorkerScratch(Packing.Size(blocking.RowsPerTask, Math.Min(arguments.Depth, Blocking.DepthBlock), TMicro.Rows));
        }

        Multiply multiply = new(backend, arguments, blocking, packedA, packedB);
        backend.Team.Run(blocking.RowTasks * blocking.ColumnTasks, ref multiply);
    }

    /// <summary>Lays B (depth, columns) out as products read it.</summary>
    public static void PackRight(CpuBackend backend, MatrixOperand b, int depth, int columns, Precision precision, float* packed)
    {
        PackOperand pack = new(b.Transposed, columns, depth, TMicro.Columns, precision, packed);
        backend.Team.Run(pack.Tasks, ref pack);
    }

    /// <summary>
    /// C (rows, columns) = or += packed A times strips of B. The last rows are computed in smaller tiles. Tiles that extend past the edge of C are computed whole in separate memory
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
                else if (height == TMicro.Rows)
                {
                    TMicro.Run(depth, a, strip, b.Stride, edge, TMicro.Columns, false);
                    CopyEdge(edge, width, height, tile, stride, accumulate);
                }
                else
                {
                    MultiplyParts(depth, a, strip, b.Stride, width, height, tile, stride, accumulate, edge);
                }
            }
        }
    }

    /// <summary>The last rows, in smaller tiles.</summary>
    private static void MultiplyParts(int depth, float* a, float* strip, nint strideB, int width, int height, float* tile, nint stride, bool accumulate, float* edge)
    {
        for (int row = 0; row < height; row += TMicro.PartRows, tile += TMicro.PartRows * stride)
        {
            int rows = Math.Min(TMicro.PartRows, height - row);
            if (width == TMicro.Columns && rows == TMicro.PartRows)
            {
                TMicro.RunPart(depth, a + row, strip, strideB, tile, stride, accumulate);
            }
            else
            {
                TMicro.RunPart(depth, a + row, strip, strideB, edge, TMicro.Columns, false);
                CopyEdge(edge, width, rows, tile, stride, accumulate);
            }
        }
    }

    private static void CopyEdge(float* edge, int width, int height, float* tile, nint stride, bool accumulate)
    {
        for (int row = 0; row < height; row++, edge += TMicro.Columns, tile += stride)
        {
            if (accumulate)
            {
                ElementwiseKernel<TSimd, TVector>.Sum(tile, tile, edge, width);
            }
            else
            {
                new Span<float>(edge, width).CopyTo(new Span<float>(tile, width));
            }
        }
    }

    /// <summary>Packs all lanes of an operand, rows of A or columns of B: some rows of its matrix in each task, read one after the other.</summary>
    private readonly struct PackOperand(MatrixOperand source, int lanes, int depth, int strip, Precision precision, float* packed) : IParallelBody
    {
        private const int ValuesPerTask = 1 << 15, MinDepth = 32;

        private readonly bool _lanesAreRows = source.RowStride != 1;

        /// <summary>Whole strips: few where they are rows, as far as a row is read where they lie along it.</summary>
        private int LanesPerTask => Math.Max(1, (_lanesAreRows ? ValuesPerTask / Math.Max(1, depth) : MaxRead) / strip) * strip;

        /// <summary>All values of k where they lie along a row, otherwise a part of a block.</summary>
        private int DepthPerTask => _lanesAreRows ? Math.Max(1, depth) : Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)(ValuesPerTask / Math.Max(1, lanes))), MinDepth, Blocking.DepthBlock);

        public int Tasks => Blocking.Strips(lanes, LanesPerTask) * Blocking.Strips(depth, DepthPerTask);

        public void Invoke(int task, int worker)
        {
            int across = Blocking.Strips(lanes, LanesPerTask), lane = task % across * LanesPerTask, k = task / across * DepthPerTask;
            int endLane = Math.Min(lanes, lane + LanesPerTask), endK = Math.Min(depth, k + DepthPerTask);
            if (!_lanesAreRows)
            {
                Pack(lane, endLane - lane, k, endK - k);
                return;
            }

            for (; lane < endLane; lane += strip)
            {
                int count = Math.Min(strip, endLane - lane);
                for (k = 0; k < depth; k += Blocking.DepthBlock)
                {
                    if (k % MaxRead == 0)
                    {
                        Prefetch.Read(source.At(lane, k).Data, source.RowStride, count, Math.Min(MaxRead, depth - k));
                    }

                    Pack(lane, count, k, Math.Min(Blocking.DepthBlock, depth - k));
                }
            }
        }

        private void Pack(int lane, int count, int k, int rows)
        {
            // The blocks of k before this one, the strips before this one, the values of k before these.
            int first = k / Blocking.DepthBlock * Blocking.DepthBlock, block = Math.Min(Blocking.DepthBlock, depth - first);
            float* destination = packed + Packing.Size(lanes, first, strip) + ((nint)lane * block) + ((nint)(k - first) * strip);
            Packing.Pack(source.At(lane, k), count, rows, strip, precision, destination, (nint)strip * block);
        }
    }

    /// <summary>Multiplies; <paramref name="packedA"/> is null where each task packs its rows of A.</summary>
    private readonly struct Multiply(CpuBackend backend, MatrixProductArguments arguments, Blocking blocking, float* packedA, float* packedB) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int row = task / blocking.ColumnTasks * blocking.RowsPerTask;
            int column = task % blocking.ColumnTasks * blocking.ColumnsPerTask;
            int rows = Math.Min(blocking.RowsPerTask, arguments.Rows - row);
            int columns = Math.Min(blocking.ColumnsPerTask, arguments.Columns - column);
            float* c = arguments.C + (row * arguments.Stride) + column;
            for (int k = 0; k < arguments.Depth; k += Blocking.DepthBlock)
            {
                int depth = Math.Min(Blocking.DepthBlock, arguments.Depth - k);
                float* left = packedA == null ? backend.WorkerScratch(worker) : packedA + Packing.Size(arguments.Rows, k, TMicro.Rows) + ((nint)row * depth);
                if (packedA == null)
                {
                    MatrixOperand part = arguments.A.At(row, k);
                    if (part.RowStride != 1)
                    {
                        Prefetch.Read(part.Data, part.RowStride, rows, depth);
                    }

                    Packing.Pack(part, rows, depth, TMicro.Rows, arguments.Precision, left, (nint)TMicro.Rows * depth);
                }

                float* packed = packedB + Packing.Size(arguments.Columns, k, TMicro.Columns) + ((nint)column * depth);
                Strips strips = new(packed, TMicro.Columns, (nint)TMicro.Columns * depth);
                MultiplyStrips(rows, columns, depth, left, strips, c, arguments.Stride, arguments.Accumulate || k > 0);
            }

            if (!arguments.Epilogue.IsEmpty)
            {
                EpilogueKernel<TSimd, TVector>.Apply(arguments, row, rows, column, columns);
            }
        }
    }
}
