using TransformerXL.Tensors.Kernels.Elementwise;
using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Kernels.Simd;
using TransformerXL.Tensors.Parallel;

namespace TransformerXL.Tensors.Kernels.RelativeAttention;

/// <summary>The forward pass: one task for each stream and head, tile by tile over the queries.</summary>
internal static unsafe class AttentionForward<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    public static void Run(CpuBackend backend, in AttentionArguments arguments)
    {
        AttentionScratch measure = new(null, arguments, TMicro.Rows, TMicro.Columns, backward: false);
        backend.ReserveWorkerScratch(measure.Floats);
        Body body = new(backend, arguments);
        backend.Team.Run(arguments.Heads * arguments.Streams, ref body);
    }

    private readonly struct Body(CpuBackend backend, AttentionArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int stream = task % arguments.Streams, head = task / arguments.Streams, size = arguments.HeadSize;
            AttentionScratch scratch = new(backend.WorkerScratch(worker), arguments, TMicro.Rows, TMicro.Columns, backward: false);
            float* keys = arguments.Kept(arguments.Key, stream, head, scratch.Widened, out nint stride);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackByKey(keys, stride, arguments.Keys, size, scratch.KeysByKey);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackPositions(arguments, scratch, head);
            float* values = arguments.Kept(arguments.Value, stream, head, scratch.Widened, out stride);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackByComponent(values, stride, arguments.Keys, size, scratch.ValuesByComponent);
            float* sums = stackalloc float[AttentionTile.SizeFor(arguments)];
            for (int first = 0; first < arguments.Queries; first += AttentionTile.SizeFor(arguments))
            {
                AttentionTile tile = new(arguments, first, TMicro.Columns);
                AttentionTileKernel<TSimd, TVector, TMicro>.Scores(arguments, scratch, tile, stream, head);
                for (int row = 0; row < tile.Count; row++)
                {
                    sums[row] = Softmax(scratch, tile, row, stream, head);
                }

                WeightValues(scratch, tile, sums, stream, head);
            }
        }

        /// <summary>exp(score - max) in place of the scores of one row; returns their sum.</summary>
        private float Softmax(in AttentionScratch scratch, in AttentionTile tile, int row, int stream, int head)
        {
            int query = tile.First + row;
            int first = arguments.FirstVisible(query), end = arguments.Memory + query + 1;
            float* scores = scratch.Scores + ((nint)row * tile.Stride);
            float* positions = scratch.Positions + ((nint)row * tile.Stride) + tile.LeftPad + tile.PositionShift(row);
            float* visible = scores + tile.LeftPad + first;
            float max = arguments.HasPositions
                ? AttentionRows<TSimd, TVector>.AddPositions(visible, positions + first, end - first)
                : AttentionRows<TSimd, TVector>.Max(visible, end - first);
            float sum = AttentionRows<TSimd, TVector>.Exponentiate(visible, max, end - first);
            arguments.LogSumExp[(((stream * (nint)arguments.Heads) + head) * arguments.Queries) + query] = max + MathF.Log(sum);
            if (arguments.Dropout.IsActive)
            {
                AttentionTileKernel<TSimd, TVector, TMicro>.Drop(arguments, stream, head, query, first, visible, visible, end - first);
            }

            AttentionTileKernel<TSimd, TVector, TMicro>.ClearUnseen(scores, tile, first, end);
            return sum;
        }

        private void WeightValues(in AttentionScratch scratch, in AttentionTile tile, float* sums, int stream, int head)
        {
            int size = arguments.HeadSize;
            AttentionTileKernel<TSimd, TVector, TMicro>.ByComponent(
                scratch.Scores + tile.LeftPad + tile.FirstKey, tile.Stride, tile.FirstKey, tile.EndKey,
                scratch.ValuesByComponent, arguments.Keys, scratch.Result, tile, size, scratch.PackedRows, accumulate: false);
            float* output = arguments.Output.Of(stream, head, size) + (tile.First * arguments.Output.RowStride);
            for (int row = 0; row < tile.Count; row++, output += arguments.Output.RowStride)
            {
                ElementwiseKernel<TSimd, TVector>.Scale(output, scratch.Result + (row * size), 1 / sums[row], size);
            }
        }
    }
}
