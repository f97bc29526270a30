using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>
/// The backward pass. Probabilities are computed again from the saved log-sum-exp, tile by tile. Gradients of keys, values
/// and relative rows are summed transposed, so that a tile of score gradients can be their right operand without a copy: by key
/// with its own stride, by distance with a stride one longer.
/// </summary>
/// <remarks>
/// A task is one head of a group of streams. The groups depend on the sizes alone, so that the gradient of the relative
/// rows, which all streams share, is summed in the same order by any number of threads.
/// </remarks>
internal static unsafe class AttentionBackward<TSimd, TVector, TProducts>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TProducts : struct, IAttentionProducts
{
    private const int MaxGroups = 4;

    public static void Run(CpuBackend backend, TProducts products, in AttentionArguments arguments, in AttentionGradients gradients)
    {
        int groups = Math.Min(arguments.Streams, MaxGroups);
        backend.ReserveWorkerScratch(AttentionScratch.MaxFloats(arguments, products.Layout, backward: true));
        nint perTask = PartialSize(arguments);
        float* partials = backend.SharedScratch((long)perTask * groups * arguments.Heads);
        Body body = new(backend, products, arguments, gradients, groups, partials);
        backend.Team.Run(arguments.Heads * groups, ref body);
        SumGroups sum = new(arguments, gradients, groups, partials);
        backend.Team.Run(arguments.Heads, ref sum);
    }

    /// <summary>Partial sums of a task: gradients of the relative rows of its head, of u and v, and of the biases for each distance.</summary>
    private static nint PartialSize(in AttentionArguments arguments) => (((nint)arguments.RelativeRows + 2) * arguments.HeadSize) + arguments.RelativeRows;

    private readonly struct Body(
        CpuBackend backend, TProducts products, AttentionArguments all, AttentionGradients gradients, int groups, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int head = task / groups, group = task % groups, size = all.HeadSize;
            float* origin = backend.WorkerScratch(worker), partial = partials + (task * PartialSize(all));
            float* biases = partial + ((nint)all.RelativeRows * size);
            new Span<float>(biases, (2 * size) + all.RelativeRows).Clear();
            int first = (int)((long)all.Streams * group / groups), end = (int)((long)all.Streams * (group + 1) / groups);
            int packedRows = -1;
            for (int stream = first; stream < end; stream++)
            {
                AttentionArguments arguments = all.OfStream(stream);
                AttentionScratch scratch = new(origin, arguments, products.Layout, backward: true);
                if (stream == first && all.HasPositions)
                {
                    new Span<float>(scratch.RelativeGradient, scratch.RowFloats * scratch.RelativeStride).Clear();
                }

                if (packedRows != arguments.Queries)
                {
                    // Streams of the same length read the same rows of the relative table, packed in the same memory.
                    PackRelative(arguments, scratch, head);
                    packedRows = arguments.Queries;
                }

                OneHead(arguments, scratch, stream, head, biases);
            }

            if (all.HasPositions)
            {
                AttentionScratch scratch = new(origin, all.OfStream(first), products.Layout, backward: true);
                Packing.Transpose(scratch.RelativeGradient, scratch.RelativeStride, size, all.RelativeRows, partial, size);
            }
        }

        private void PackRelative(in AttentionArguments arguments, in AttentionScratch scratch, int head)
        {
            AttentionTileKernel<TSimd, TVector, TProducts>.PackPositions(products, arguments, scratch, head);
            if (arguments.HasPositions)
            {
                int size = arguments.HeadSize;
                AttentionTileKernel<TSimd, TVector, TProducts>.PackByComponent(
                    products, arguments.Relative.Of(0, head, size), arguments.Relative.RowStride, arguments.RelativeRows, size, scratch.RelativeByComponent);
            }
        }

        /// <summary>All tiles of one head of one stream; adds to the gradients of u, of v and of the biases for each distance, which lie in this order.</summary>
        private void OneHead(in AttentionArguments arguments, in AttentionScratch scratch, int stream, int head, float* biases)
        {
            int size = arguments.HeadSize;
            float* keys = arguments.Key.Of(stream, head, size), values = arguments.Value.Of(stream, head, size);
            AttentionTileKernel<TSimd, TVector, TProducts>.PackByKey(products, keys, arguments.Key.RowStride, arguments.Keys, size, scratch.KeysByKey);
            AttentionTileKernel<TSimd, TVector, TProducts>.PackByComponent(products, keys, arguments.Key.RowStride, arguments.Keys, size, scratch.KeysByComponent);
            AttentionTileKernel<TSimd, TVector, TProducts>.PackByKey(products, values, arguments.Value.RowStride, arguments.Keys, size, scratch.ValuesByKey);
            new Span<float>(scratch.KeyGradient, scratch.RowFloats * scratch.KeyStride).Clear();
            new Span<float>(scratch.ValueGradient, scratch.RowFloats * scratch.KeyStride).Clear();
            for (int query = 0; query < arguments.TensorQueries && gradients.SegmentScores != null; query++)
            {
                gradients.SegmentScores[arguments.SegmentPlace(stream, head, query)] = 0;
            }

            for (int first = 0; first < arguments.Queries;)
            {
                AttentionTile tile = new(arguments, first, products.Layout, scratch.Stride, scratch.Blocks);
                AttentionTileKernel<TSimd, TVector, TProducts>.Scores(products, arguments, scratch, tile, stream, head);
                ScoreGradients(arguments, scratch, tile, stream, head, biases + (2 * size) + ((nint)arguments.FirstRelative));
                KeyGradients(arguments, scratch, tile);
                QueryGradients(arguments, scratch, tile, stream, head, biases, biases + size);
                first += tile.Count;
            }

            WriteTransposed(arguments, scratch.KeyGradient, scratch.KeyStride, gradients.Key, stream, head);
            WriteTransposed(arguments, scratch.ValueGradient, scratch.KeyStride, gradients.Value, stream, head);
            gradients.Query.Clear(stream, head, size, arguments.Queries, arguments.TensorQueries);
        }

        /// <summary>
        /// Fills the tile's score gradients, and adds the tile's part of the values' gradient on the way:
        /// d A_ij = dO_i . V_j;  d S_ij = A_ij (d A_ij - dO_i . O_i).
        /// </summary>
        private void ScoreGradients(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, int stream, int head, float* distanceBias)
        {
            int size = arguments.HeadSize;
            float* weighted = stackalloc float[tile.Count];
            float* gradient = gradients.Output.Of(stream, head, size) + (tile.First * gradients.Output.RowStride);
            float* output = arguments.Output.Of(stream, head, size) + (tile.First * arguments.Output.RowStride);
            for (int row = 0; row < tile.Count; row++)
            {
                Buffer.MemoryCopy(gradient, scratch.OutputGradient + (row * scratch.RowFloats), size * sizeof(float), size * sizeof(float));
                weighted[row] = AttentionRows<TSimd, TVector>.Dot(gradient, output, size);
                gradient += gradients.Output.RowStride;
                output += arguments.Output.RowStride;
            }

            AttentionTileKernel<TSimd, TVector, TProducts>.ByKey(
                products, scratch.OutputGradient, scratch, scratch.ValuesByKey, scratch.ScoreGradients, tile, size);
            for (int row = 0; row < tile.Count; row++)
            {
                for (int i = 0; i < tile.BlockCount; i++)
                {
                    ScoreGradientRow(arguments, scratch, tile, tile.Blocks[i], row, weighted[row], stream, head, distanceBias);
                }
            }

            float* kept = arguments.Dropout.IsActive ? scratch.Positions : scratch.Scores;
            PackComponents(arguments, scratch.OutputGradient, scratch, tile);
            for (int i = 0; i < tile.BlockCount; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                AddTransposed(
                    arguments, scratch, tile, kept + block.KeyColumn + block.FirstKey, tile.Stride, block.FirstKey, block.End,
                    scratch.ValueGradient, scratch.KeyStride);
            }
        }

        private void ScoreGradientRow(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, in KeyBlock block, int row, float weighted,
            int stream, int head, float* distanceBias)
        {
            int query = tile.First + row;
            KeyRange seen = arguments.Visibility.Seen(arguments.Queries, arguments.Keys, block, query);
            int first = seen.First, count = seen.Count;
            nint offset = (nint)row * tile.Stride;
            nint visible = offset + block.KeyColumn + first;
            float* scores = scratch.Scores + visible;
            if (arguments.Segments is not null)
            {
                AttentionTileKernel<TSimd, TVector, TProducts>.AddSegments(arguments, scores, seen, stream, head, query);
            }

            if (arguments.HasPositions)
            {
                AttentionRows<TSimd, TVector>.AddPositions(
                    scores, scratch.Positions + offset + block.PositionColumn + tile.PositionShift(row) + first, count);
            }

            AttentionRows<TSimd, TVector>.Exponentiate(scores, arguments.LogSumExp[arguments.RowOf(stream, head, query)], count);
            if (arguments.Visibility.HasRanks)
            {
                arguments.Hide(scores, seen, stream, query, 0);
            }

            float* kept = scores;
            if (arguments.Dropout.IsActive)
            {
                // The row of position scores is no longer needed and is reused for the probabilities after dropout.
                kept = scratch.Positions + visible;
                AttentionTileKernel<TSimd, TVector, TProducts>.Drop(arguments, stream, head, query, first, scores, kept, count);
                AttentionTileKernel<TSimd, TVector, TProducts>.ClearUnseen(scratch.Positions + offset, block, seen);
            }

            AttentionRows<TSimd, TVector>.ScoreGradient(scores, kept, scratch.ScoreGradients + visible, weighted, count);
            if (arguments.DistanceBias != null)
            {
                ElementwiseKernel<TSimd, TVector>.AddScaled(
                    distanceBias + first + tile.PositionShift(row), scratch.ScoreGradients + visible, arguments.Scale, count);
            }

            if (gradients.SegmentScores != null)
            {
                gradients.SegmentScores[arguments.SegmentPlace(stream, head, query)] +=
                    AttentionTileKernel<TSimd, TVector, TProducts>.SegmentGradient(arguments, scratch.ScoreGradients + visible, seen, stream, query);
            }

            AttentionTileKernel<TSimd, TVector, TProducts>.ClearUnseen(scratch.Scores + offset, block, seen);
            AttentionTileKernel<TSimd, TVector, TProducts>.ClearUnseen(scratch.ScoreGradients + offset, block, seen);
        }

        /// <summary>dK_j += sum_i dS_ij (q_i + u) / sqrt(d_h);  dR_d += sum over i - j = d of dS_ij (q_i + v) / sqrt(d_h).</summary>
        private void KeyGradients(in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile)
        {
            PackComponents(arguments, scratch.Content, scratch, tile);
            for (int i = 0; i < tile.BlockCount; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                AddTransposed(
                    arguments, scratch, tile, scratch.ScoreGradients + block.KeyColumn + block.FirstKey, tile.Stride, block.FirstKey, block.End,
                    scratch.KeyGradient, scratch.KeyStride);
            }

            if (!arguments.HasPositions)
            {
                return;
            }

            PackComponents(arguments, scratch.Position, scratch, tile);
            for (int i = 0; i < tile.BlockCount; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                AddTransposed(
                    arguments, scratch, tile, ByDistance(scratch, tile, block), tile.Stride + 1, block.FirstPosition, block.EndPosition,
                    scratch.RelativeGradient + arguments.FirstRelative, scratch.RelativeStride);
            }
        }

        /// <summary>The score gradient of the tile's first query and the block's first row of the relative table.</summary>
        private static float* ByDistance(in AttentionScratch scratch, in AttentionTile tile, in KeyBlock block) =>
            scratch.ScoreGradients + block.KeyColumn + block.FirstPosition - tile.PositionShift(0);

        /// <summary>Packs rows (queries, d_h) as the left operand of products with their transpose.</summary>
        private void PackComponents(in AttentionArguments arguments, float* rows, in AttentionScratch scratch, in AttentionTile tile)
        {
            products.PackLeft(new MatrixOperand(rows, 1, scratch.RowFloats), arguments.HeadSize, tile.Count, scratch.PackedComponents);
        }

        /// <summary>gradient (d_h, keys) += the packed rows^T (d_h, queries) scores (queries, keys).</summary>
        private void AddTransposed(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, float* scores, nint stride, int first, int end,
            float* gradient, int gradientStride)
        {
            products.AddTransposed(
                scratch.PackedComponents, scores, stride, first, end, tile.Count, arguments.HeadSize, gradient, gradientStride, scratch.PackedRows);
        }

        /// <summary>dq_i = (sum_j dS_ij k_j + sum_j dS_ij r_{i-j}) / sqrt(d_h); du and dv are the sums of the two parts over i.</summary>
        private void QueryGradients(
            in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, int stream, int head, float* contentBias, float* positionBias)
        {
            int size = arguments.HeadSize;
            for (int i = 0; i < tile.BlockCount; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                products.ByComponent(
                    scratch.ScoreGradients + block.KeyColumn + block.FirstKey, tile.Stride, block.FirstKey, block.End, tile.Count,
                    scratch.KeysByComponent, arguments.Keys, size, scratch.Content, scratch.PackedRows, accumulate: i > 0);
            }

            for (int i = 0; i < tile.BlockCount && arguments.HasPositions; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                products.ByComponent(
                    ByDistance(scratch, tile, block), tile.Stride + 1, block.FirstPosition, block.EndPosition, tile.Count,
                    scratch.RelativeByComponent, arguments.RelativeRows, size, scratch.Position, scratch.PackedRows, accumulate: i > 0);
            }

            if (tile.BlockCount == 0)
            {
                gradients.Query.Clear(stream, head, size, tile.First, tile.First + tile.Count);
                return;
            }

            float* gradient = gradients.Query.Of(stream, head, size) + (tile.First * gradients.Query.RowStride);
            for (int row = 0; row < tile.Count; row++, gradient += gradients.Query.RowStride)
            {
                float* content = scratch.Content + (row * scratch.RowFloats), position = scratch.Position + (row * scratch.RowFloats);
                ElementwiseKernel<TSimd, TVector>.AddScaled(contentBias, content, arguments.Scale, size);
                if (arguments.HasPositions)
                {
                    ElementwiseKernel<TSimd, TVector>.AddScaled(positionBias, position, arguments.Scale, size);
                    ElementwiseKernel<TSimd, TVector>.Sum(content, content, position, size);
                }

                ElementwiseKernel<TSimd, TVector>.Scale(gradient, content, arguments.Scale, size);
            }
        }

        /// <summary>The rows of a stream (keys, d_h) from a gradient that was summed transposed, and zeros after them.</summary>
        private static void WriteTransposed(
            in AttentionArguments arguments, float* transposed, int transposedStride, HeadRows rows, int stream, int head)
        {
            int size = arguments.HeadSize;
            Packing.Transpose(transposed, transposedStride, size, arguments.Keys, rows.Of(stream, head, size), rows.RowStride);
            rows.Clear(stream, head, size, arguments.Keys, arguments.TensorKeys);
        }
    }

    /// <summary>Sums the groups of one head in order.</summary>
    private readonly struct SumGroups(AttentionArguments arguments, AttentionGradients gradients, int groups, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int size = arguments.HeadSize;
            nint rows = arguments.RelativeRows, partialSize = PartialSize(arguments);
            float* first = partials + (task * groups * partialSize);
            for (int group = 1; group < groups; group++)
            {
                ElementwiseKernel<TSimd, TVector>.AddScaled(first, first + (group * partialSize), 1, (int)partialSize);
            }

            nint stride = (nint)arguments.Heads * size;
            float* distanceBias = first + ((rows + 2) * size);
            for (nint row = 0; row < rows && gradients.Relative != null; row++)
            {
                float* destination = gradients.Relative + (row * stride) + ((nint)task * size);
                Buffer.MemoryCopy(first + (row * size), destination, size * sizeof(float), size * sizeof(float));
            }

            for (nint row = 0; row < rows && gradients.DistanceBias != null; row++)
            {
                gradients.DistanceBias[(row * arguments.Heads) + task] = distanceBias[row];
            }

            AddBias(gradients.ContentBias, first + (rows * size), task, size);
            AddBias(gradients.PositionBias, first + ((rows + 1) * size), task, size);
        }

        private static void AddBias(float* bias, float* gradient, int head, int size)
        {
            if (bias != null)
            {
                ElementwiseKernel<TSimd, TVector>.AddScaled(bias + ((nint)head * size), gradient, 1, size);
            }
        }
    }
}
