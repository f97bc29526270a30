using TransformerXL.Tensors.Cpu.Parallel;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// Turns a row-major matrix (lanes, depth) into its packed strips in the same memory, so that both forms never exist at once. First the rows of each strip become its blocks of k, then whole blocks change places:
/// a row has them side by side, products read those of all strips together.
/// </summary>
internal static unsafe class InPlacePacking
{
    /// <summary>Whether both forms have the same size, and all blocks too.</summary>
    public static bool Fits(int lanes, int depth, int strip) => lanes % strip == 0 && (depth <= Blocking.DepthBlock || depth % Blocking.DepthBlock == 0);

    /// <summary>Packs a matrix that <see cref="Fits"/>.</summary>
    public static void Run(CpuBackend backend, float* rows, int lanes, int depth, int strip)
    {
        using BackendUse use = backend.Enter();
        backend.ReserveWorkerScratch((long)strip * depth);
        PackStrip pack = new(backend, rows, depth, strip);
        backend.Team.Run(lanes / strip, ref pack);
        Transpose(rows, lanes / strip, Blocking.Strips(depth, Blocking.DepthBlock), (long)strip * Math.Min(depth, Blocking.DepthBlock), backend.WorkerScratch(0));
    }

    /// <summary>The transposition of a matrix (strips, blocks) whose elements are blocks of memory: each cycle of its permutation moves its blocks one place on.</summary>
    private static void Transpose(float* data, int strips, int blocks, long size, float* held)
    {
        int count = strips * blocks;
        bool[] isDone = new bool[count];
        for (int start = 0; start < count; start++)
        {
            if (isDone[start])
            {
                continue;
            }

            Copy(data + (start * size), held, size);
            int place = start;
            for (int from = Source(place); from != start; place = from, from = Source(place))
            {
                Copy(data + (from * size), data + (place * size), size);
                isDone[place] = true;
            }

            Copy(held, data + (place * size), size);
            isDone[place] = true;
        }

        // The place that the block of a place comes from: strip and block of k are exchanged.
        int Source(int place) => (place % strips * blocks) + (place / strips);
    }

    private static void Copy(float* from, float* to, long count) => Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));

    private readonly struct PackStrip(CpuBackend backend, float* rows, int depth, int strip) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            float* source = rows + ((long)task * strip * depth), packed = backend.WorkerScratch(worker);
            for (int k = 0; k < depth; k += Blocking.DepthBlock)
            {
                Packing.Pack(new MatrixOperand(source + k, depth, 1), strip, Math.Min(Blocking.DepthBlock, depth - k), strip, packed + ((long)strip * k));
            }

            Copy(packed, source, (long)strip * depth);
        }
    }
}
