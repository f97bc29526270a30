using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The forward pass: one task for each stream and head, tile by tile over the queries.</summary>
internal static unsafe class AttentionForward<TSimd, TVector, TProducts>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TProducts : struct, IAttentionProducts
{
    public static void Run(CpuBackend backend, TProducts products, in AttentionArguments arguments)
    {
        backend.ReserveWorkerScratch(AttentionScratch.MaxFloats(arguments, products.Layout, backward: false));
        Body body = new(backend, products, arguments);
        backend.Team.Run(arguments.Heads * arguments.Streams, ref body);
    }

    private readonly struct Body(CpuBackend backend, TProducts products, AttentionArguments all) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int stream = task % all.Streams, head = task / all.Streams, size = all.HeadSize;
            AttentionArguments arguments = all.OfStream(stream);
            if (arguments.IsForAnotherKernel)
            {
                return;
            }

            AttentionScratch scratch = new(backend.WorkerScratch(worker), arguments, products.Layout, backward: false);
            Pack(arguments, scratch, stream, head);
            float* sums = stackalloc float[products.Layout.TileQueries(arguments.Keys)];
            for (int first = 0; first < arguments.Queries;)
            {
                AttentionTile tile = new(arguments, first, products.Layout, scratch.Stride, scratch.Blocks);
                AttentionTileKernel<TSimd, TVector, TProducts>.Scores(products, arguments, scratch, tile, stream, head);
                for (int row = 0; row < tile.Count; row++)
                {
                    sums[row] = Softmax(arguments, scratch, tile, row, stream, head);
                }

                WeightValues(arguments, scratch, tile, sums, stream, head);
                first += tile.Count;
            }

            arguments.Output.Clear(stream, head, size, arguments.Queries, arguments.TensorQueries);
        }

        private void Pack(in AttentionArguments arguments, in AttentionScratch scratch, int stream, int head)
        {
            int count = arguments.Keys;
            AttentionTileKernel<TSimd, TVector, TProducts>.Pack(
                products, arguments, arguments.Key, count, stream, head, byKey: true, scratch.Widened, scratch.KeysByKey);
            AttentionTileKernel<TSimd, TVector, TProducts>.PackPositions(products, arguments, scratch, head);
            AttentionTileKernel<TSimd, TVector, TProducts>.Pack(
                products, arguments, arguments.Value, count, stream, head, byKey: false, scratch.Widened, scratch.ValuesByComponent);
        }

        /// <summary>exp(score - max) in place of the scores of one row; returns their sum, 0 for a query that sees no key.</summary>
        private static float Softmax(in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, int row, int stream, int head)
        {
            int query = tile.First + row;
            float max = float.NegativeInfinity, sum = 0;
            if (tile.BlockCount == 1)
            {
                KeyRange seen = arguments.Visibility.Seen(arguments.Queries, arguments.Keys, *tile.Blocks, query);
                max = AddPositions(arguments, scratch, tile, *tile.Blocks, row, seen, stream, head);
                sum = Exponentiate(arguments, scratch, tile, *tile.Blocks, row, seen, max, stream, head);
            }
            else
            {
                for (int i = 0; i < tile.BlockCount; i++)
                {
                    KeyRange seen = arguments.Visibility.Seen(arguments.Queries, arguments.Keys, tile.Blocks[i], query);
                    max = MathF.Max(max, AddPositions(arguments, scratch, tile, tile.Blocks[i], row, seen, stream, head));
                }

                for (int i = 0; i < tile.BlockCount; i++)
                {
                    KeyRange seen = arguments.Visibility.Seen(arguments.Queries, arguments.Keys, tile.Blocks[i], query);
                    sum += Exponentiate(arguments, scratch, tile, tile.Blocks[i], row, seen, max, stream, head);
                }
            }

            arguments.LogSumExp[arguments.RowOf(stream, head, query)] = sum == 0 ? 0 : max + PortableMath.Log(sum);
            return sum;
        }

        /// <summary>Adds position and segment scores to the scores of a row by key, if there are any; returns the largest.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float AddPositions(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, in KeyBlock block, int row, KeyRange seen, int stream, int head)
        {
            nint offset = ((nint)row * tile.Stride) + seen.First;
            float* scores = scratch.Scores + offset + block.KeyColumn;
            if (arguments.Segments is not null)
            {
                AttentionTileKernel<TSimd, TVector, TProducts>.AddSegments(arguments, scores, seen, stream, head, tile.First + row);
            }

            float max = arguments.HasPositions
                ? AttentionRows<TSimd, TVector>.AddPositions(scores, scratch.Positions + offset + block.PositionColumn + tile.PositionShift(row), seen.Count)
                : AttentionRows<TSimd, TVector>.Max(scores, seen.Count);
            return arguments.Visibility.HasRanks ? HideLater(arguments, scores, seen, stream, tile.First + row) : max;
        }

        /// <summary>-infinity in place of the scores of keys that ranks hide; returns the largest of the others.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static float HideLater(in AttentionArguments arguments, float* scores, KeyRange seen, int stream, int query)
        {
            arguments.Hide(scores, seen, stream, query, float.NegativeInfinity);
            return AttentionRows<TSimd, TVector>.Max(scores, seen.Count);
        }

        /// <summary>exp(score - max), after dropout, in place of the scores that a row sees, and zeros around them; returns the sum before dropout.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Exponentiate(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, in KeyBlock block, int row, KeyRange seen, float max, int stream, int head)
        {
            float* scores = scratch.Scores + ((nint)row * tile.Stride), visible = scores + block.KeyColumn + seen.First;
            float sum = arguments.Visibility.HasRanks
                ? ExponentiateVisible(arguments, visible, max, seen, stream, tile.First + row)
                : AttentionRows<TSimd, TVector>.Exponentiate(visible, max, seen.Count);
            if (arguments.Dropout.IsActive)
            {
                AttentionTileKernel<TSimd, TVector, TProducts>.Drop(arguments, stream, head, tile.First + row, seen.First, visible, visible, seen.Count);
            }

            AttentionTileKernel<TSimd, TVector, TProducts>.ClearUnseen(scores, block, seen);
            return sum;
        }

        /// <summary>The same without the keys that ranks hide, whose weights are 0: the exponential of -infinity is small, not 0.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static float ExponentiateVisible(in AttentionArguments arguments, float* visible, float max, KeyRange seen, int stream, int query)
        {
            if (float.IsNegativeInfinity(max))
            {
                new Span<float>(visible, seen.Count).Clear();
                return 0;
            }

            float sum = AttentionRows<TSimd, TVector>.Exponentiate(visible, max, seen.Count);
            arguments.Hide(visible, seen, stream, query, 0);
            return sum;
        }

        private void WeightValues(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, float* sums, int stream, int head)
        {
            int size = arguments.HeadSize;
            for (int i = 0; i < tile.BlockCount; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                products.ByComponent(
                    scratch.Scores + block.KeyColumn + block.FirstKey, tile.Stride, block.FirstKey, block.End, tile.Count,
                    scratch.ValuesByComponent, arguments.Keys, size, scratch.Result, scratch.PackedRows, accumulate: i > 0);
            }

            float* output = arguments.Output.Of(stream, head, size) + (tile.First * arguments.Output.RowStride);
            for (int row = 0; row < tile.Count; row++, output += arguments.Output.RowStride)
            {
                if (sums[row] == 0)
                {
                    new Span<float>(output, size).Clear();
                    continue;
                }

                ElementwiseKernel<TSimd, TVector>.Scale(output, scratch.Result + (row * scratch.RowFloats), 1 / sums[row], size);
            }
        }
    }
}
