using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Cpu.Lstm;

/// <summary>
/// One time step with its recurrent product in bfloat16 by tiles, in one job of the team. A task computes the four gates of 32 units of all streams: the products stay in its
/// first-level cache until the gates have read them, and each thread rounds h_before for itself. The bits are those of the product followed by the gates.
/// </summary>
internal static unsafe class LstmTileKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Gates = 4, RowOfProducts = Gates * TilePacking.StripLanes;

    /// <summary>Fewer would leave threads without work, where the columns of a product are divided further.</summary>
    private const int TasksPerThread = 2;

    /// <summary>Streams whose products fit into the caches.</summary>
    private const int MaxStreams = TileBlocking.MaxLanes;

    /// <summary>Computes a step, if it consists of whole strips of units, enough for all threads.</summary>
    public static bool TryRun(CpuBackend backend, ITiles tiles, in LstmArguments arguments)
    {
        (int tasks, int rest) = Math.DivRem(arguments.Size, TilePacking.StripLanes);
        if (rest != 0 || tasks < TasksPerThread * backend.Threads || arguments.Streams > MaxStreams)
        {
            return false;
        }

        long left = TilePacking.Bytes(arguments.Streams, arguments.Width) / sizeof(float);
        backend.ReserveWorkerScratch(left + ((long)Blocking.Strips(arguments.Streams, TilePacking.StripLanes) * TilePacking.StripLanes * RowOfProducts));
        bool* rounded = stackalloc bool[backend.Threads];
        new Span<bool>(rounded, backend.Threads).Clear();
        Body body = new(backend, tiles, arguments, left, rounded);
        backend.Team.Run(tasks, ref body);
        return true;
    }

    /// <summary>The scratch memory of a worker holds h_before, packed in <paramref name="left"/> floats as soon as it is <paramref name="rounded"/>, and then the products of a task.</summary>
    private readonly struct Body(CpuBackend backend, ITiles tiles, LstmArguments arguments, long left, bool* rounded) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            float* scratch = backend.WorkerScratch(worker), products = scratch + left;
            if (!rounded[worker])
            {
                TilePacking.Pack(new MatrixOperand(arguments.PreviousHidden, arguments.Width, 1), arguments.Streams, arguments.Width, true, (byte*)scratch);
                rounded[worker] = true;
            }

            int first = task * TilePacking.StripLanes;

            // The hardware prefetcher does not follow so short pieces of rows.
            Prefetch.FetchRows(arguments.Gates + first, arguments.Size, Gates * arguments.Streams, TilePacking.StripLanes * sizeof(float));
            Multiply((byte*)scratch, products, task);
            nint size = arguments.Size;
            for (int stream = 0; stream < arguments.Streams; stream++, products += RowOfProducts)
            {
                nint offset = (stream * size) + first;
                float* gates = arguments.Gates + (stream * Gates * size) + first;
                for (int unit = 0; unit < TilePacking.StripLanes; unit += TSimd.Count)
                {
                    LstmKernel<TSimd, TVector>.Units(
                        gates + unit,
                        size,
                        products + unit,
                        TilePacking.StripLanes,
                        arguments.PreviousCell + offset + unit,
                        arguments.Cell + offset + unit,
                        arguments.Hidden + offset + unit,
                        TSimd.Count);
                }
            }
        }

        /// <summary>The products of one strip of each gate, side by side.</summary>
        private void Multiply(byte* packed, float* products, int strip)
        {
            int steps = TilePacking.Steps(arguments.Width);
            for (int step = 0; step < steps; step += TileBlocking.MaxSteps)
            {
                TileBlock block = new()
                {
                    A = packed + ((nint)step * TilePacking.StepBytes),
                    B = arguments.Weight + TilePacking.Bytes(strip * TilePacking.StripLanes, arguments.Width) + ((nint)step * TilePacking.StepBytes),
                    C = products,
                    StripA = (long)steps * TilePacking.StepBytes,
                    StripB = TilePacking.Bytes(arguments.Size, arguments.Width),
                    RowC = RowOfProducts * sizeof(float),
                    RowStrips = Blocking.Strips(arguments.Streams, TilePacking.StripLanes),
                    ColumnStrips = Gates,
                    Steps = Math.Min(TileBlocking.MaxSteps, steps - step),
                    Accumulate = step > 0 ? 1 : 0,
                };
                tiles.Multiply(&block);
            }
        }
    }
}
