using TransformerXL.Tensors.Kernels.Elementwise;
using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Kernels.Simd;
using TransformerXL.Tensors.Parallel;

namespace TransformerXL.Tensors.Kernels.RelativeAttention;

/// <summary>
/// The backward pass. Probabilities are computed again from the saved log-sum-exp, tile by tile. Gradients of keys, values
/// and relative rows are summed transposed, so that a tile of score gradients is their right operand as it stands: by key
/// with its own stride, by distance with a stride one longer.
/// </summary>
/// <remarks>
/// A task is one head of a group of streams. The groups depend on the sizes alone, so that the gradient of the relative
/// rows, which all streams share, is summed in the same order by any number of threads.
/// </remarks>
internal static unsafe class AttentionBackward<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    private const int MostGroups = 4;

    public static void Run(CpuBackend backend, in AttentionArguments arguments, in AttentionGradients gradients)
    {
        int groups = Math.Min(arguments.Streams, MostGroups);
        AttentionScratch measure = new(null, arguments, TMicro.Rows, TMicro.Columns, backward: true);
        backend.ReserveWorkerScratch(measure.Floats);
        nint perTask = PartialSize(arguments);
        float* partials = backend.SharedScratch((long)perTask * groups * arguments.Heads);
        Body body = new(backend, arguments, gradients, groups, partials);
        backend.Team.Run(arguments.Heads * groups, ref body);
        SumGroups sum = new(arguments, gradients, groups, partials);
        backend.Team.Run(arguments.Heads, ref sum);
    }

    /// <summary>What a task leaves to be summed: gradients of the relative rows of its head, of u and v, and of the biases for each distance.</summary>
    private static nint PartialSize(in AttentionArguments arguments) => (((nint)arguments.Keys + 2) * arguments.HeadSize) + arguments.Keys;

    private readonly struct Body(
        CpuBackend backend, AttentionArguments arguments, AttentionGradients gradients, int groups, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int head = task / groups, group = task % groups, size = arguments.HeadSize;
            AttentionScratch scratch = new(backend.WorkerScratch(worker), arguments, TMicro.Rows, TMicro.Columns, backward: true);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackPositions(arguments, scratch, head);
            if (arguments.HasPositions)
            {
                AttentionTileKernel<TSimd, TVector, TMicro>.PackByComponent(
                    arguments.Relative.Of(0, head, size), arguments.Relative.RowStride, arguments.Keys, size, scratch.RelativeByComponent);
            }

            float* partial = partials + (task * PartialSize(arguments));
            float* biases = partial + ((nint)arguments.Keys * size);
            new Span<float>(biases, (2 * size) + arguments.Keys).Clear();
            Clear(scratch.RelativeGradient, scratch);
            int end = (int)((long)arguments.Streams * (group + 1) / groups);
            for (int stream = (int)((long)arguments.Streams * group / groups); stream < end; stream++)
            {
                OneHead(scratch, stream, head, biases);
            }

            WriteTransposed(scratch.RelativeGradient, scratch.KeyStride, partial, size);
        }

        private void Clear(float* gradient, in AttentionScratch scratch) =>
            new Span<float>(gradient, arguments.HeadSize * scratch.KeyStride).Clear();

        /// <summary>All tiles of one head of one stream; adds to the gradients of u, of v and of the biases for each distance, which lie in this order.</summary>
        private void OneHead(in AttentionScratch scratch, int stream, int head, float* biases)
        {
            int size = arguments.HeadSize;
            float* keys = arguments.Key.Of(stream, head, size), values = arguments.Value.Of(stream, head, size);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackByKey(keys, arguments.Key.RowStride, arguments.Keys, size, scratch.KeysByKey);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackByComponent(keys, arguments.Key.RowStride, arguments.Keys, size, scratch.KeysByComponent);
            AttentionTileKernel<TSimd, TVector, TMicro>.PackByKey(values, arguments.Value.RowStride, arguments.Keys, size, scratch.ValuesByKey);
            Clear(scratch.KeyGradient, scratch);
            Clear(scratch.ValueGradient, scratch);
            for (int first = 0; first < arguments.Queries; first += AttentionTile.SizeFor(arguments))
            {
                AttentionTile tile = new(arguments, first, TMicro.Columns);
                AttentionTileKernel<TSimd, TVector, TMicro>.Scores(arguments, scratch, tile, stream, head);
                ScoreGradients(scratch, tile, stream, head, biases + (2 * size));
                KeyGradients(scratch, tile);
                QueryGradients(scratch, tile, stream, head, biases, biases + size);
            }

            WriteTransposed(scratch.KeyGradient, scratch.KeyStride, gradients.Key.Of(stream, head, size), gradients.Key.RowStride);
            WriteTransposed(scratch.ValueGradient, scratch.KeyStride, gradients.Value.Of(stream, head, size), gradients.Value.RowStride);
        }

        /// <summary>
        /// Fills the tile's score gradients, and adds the tile's part of the values' gradient on the way:
        /// d A_ij = dO_i . V_j;  d S_ij = A_ij (d A_ij - dO_i . O_i).
        /// </summary>
        private void ScoreGradients(in AttentionScratch scratch, in AttentionTile tile, int stream, int head, float* distanceBias)
        {
            int size = arguments.HeadSize;
            float* weighted = stackalloc float[tile.Count];
            float* gradient = gradients.Output.Of(stream, head, size) + (tile.First * gradients.Output.RowStride);
            float* output = arguments.Output.Of(stream, head, size) + (tile.First * arguments.Output.RowStride);
            for (int row = 0; row < tile.Count; row++)
            {
                Buffer.MemoryCopy(gradient, scratch.OutputGradient + (row * size), size * sizeof(float), size * sizeof(float));
                weighted[row] = AttentionRows<TSimd, TVector>.Dot(gradient, output, size);
                gradient += gradients.Output.RowStride;
                output += arguments.Output.RowStride;
            }

            AttentionTileKernel<TSimd, TVector, TMicro>.ByKey(
                scratch.OutputGradient, scratch.ValuesByKey, tile.FirstKey, tile.EndKey, scratch.ScoreGradients, tile, size, scratch.PackedRows);
            for (int row = 0; row < tile.Count; row++)
            {
                ScoreGradientRow(scratch, tile, row, weighted[row], stream, head, distanceBias);
            }

            float* kept = arguments.Dropout.IsActive ? scratch.Positions : scratch.Scores;
            AddTransposed(scratch.OutputGradient, scratch, tile, kept + tile.LeftPad + tile.FirstKey, tile.Stride, tile.FirstKey, tile.EndKey, scratch.ValueGradient);
        }

        private void ScoreGradientRow(
            in AttentionScratch scratch, in AttentionTile tile, int row, float weighted, int stream, int head, float* distanceBias)
        {
            int query = tile.First + row;
            int first = arguments.FirstVisible(query), count = arguments.Memory + query + 1 - first;
            nint offset = (nint)row * tile.Stride;
            nint visible = offset + tile.LeftPad + first;
            float* scores = scratch.Scores + visible;
            float* positions = scratch.Positions + visible;
            if (arguments.HasPositions)
            {
                AttentionRows<TSimd, TVector>.AddPositions(scores, positions + tile.PositionShift(row), count);
            }

            float logSumExp = arguments.LogSumExp[(((stream * (nint)arguments.Heads) + head) * arguments.Queries) + query];
            AttentionRows<TSimd, TVector>.Exponentiate(scores, logSumExp, count);
            float* kept = scores;
            if (arguments.Dropout.IsActive)
            {
                // The row of position scores has been used up and takes the probabilities after dropout.
                kept = positions;
                AttentionTileKernel<TSimd, TVector, TMicro>.Drop(arguments, stream, head, query, first, scores, kept, count);
                AttentionTileKernel<TSimd, TVector, TMicro>.ClearUnseen(scratch.Positions + offset, tile, first, first + count);
            }

            AttentionRows<TSimd, TVector>.ScoreGradient(scores, kept, scratch.ScoreGradients + visible, weighted, count);
            if (arguments.DistanceBias != null)
            {
                ElementwiseKernel<TSimd, TVector>.AddScaled(
                    distanceBias + first + tile.PositionShift(row), scratch.ScoreGradients + visible, arguments.Scale, count);
            }

            AttentionTileKernel<TSimd, TVector, TMicro>.ClearUnseen(scratch.Scores + offset, tile, first, first + count);
            AttentionTileKernel<TSimd, TVector, TMicro>.ClearUnseen(scratch.ScoreGradients + offset, tile, first, first + count);
        }

        /// <summary>dK_j += sum_i dS_ij (q_i + u) / sqrt(d_h);  dR_d += sum over i - j = d of dS_ij (q_i + v) / sqrt(d_h).</summary>
        private void KeyGradients(in AttentionScratch scratch, in AttentionTile tile)
        {
            float* byKey = scratch.ScoreGradients + tile.LeftPad;
            AddTransposed(scratch.Content, scratch, tile, byKey + tile.FirstKey, tile.Stride, tile.FirstKey, tile.EndKey, scratch.KeyGradient);
            if (!arguments.HasPositions)
            {
                return;
            }

            float* byDistance = byKey + tile.FirstPosition - tile.PositionShift(0);
            AddTransposed(scratch.Position, scratch, tile, byDistance, tile.Stride + 1, tile.FirstPosition, arguments.Keys, scratch.RelativeGradient);
        }

        /// <summary>gradient (d_h, keys) += rows^T (d_h, queries) scores (queries, keys).</summary>
        private void AddTransposed(
            float* rows, in AttentionScratch scratch, in AttentionTile tile, float* scores, nint stride, int first, int end, float* gradient)
        {
            int size = arguments.HeadSize;
            Packing.Pack(new MatrixOperand(rows, 1, size), size, tile.Count, TMicro.Rows, scratch.PackedComponents);
            Strips strips = new(scores, stride, TMicro.Columns);
            MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(
                size, end - first, tile.Count, scratch.PackedComponents, strips, gradient + first, scratch.KeyStride, accumulate: true);
        }

        /// <summary>dq_i = (sum_j dS_ij k_j + sum_j dS_ij r_{i-j}) / sqrt(d_h); du and dv are the sums of the two parts over i.</summary>
        private void QueryGradients(in AttentionScratch scratch, in AttentionTile tile, int stream, int head, float* contentBias, float* positionBias)
        {
            int size = arguments.HeadSize;
            float* byKey = scratch.ScoreGradients + tile.LeftPad;
            AttentionTileKernel<TSimd, TVector, TMicro>.ByComponent(
                byKey + tile.FirstKey, tile.Stride, tile.FirstKey, tile.EndKey,
                scratch.KeysByComponent, arguments.Keys, scratch.Content, tile, size, scratch.PackedRows, accumulate: false);
            if (arguments.HasPositions)
            {
                AttentionTileKernel<TSimd, TVector, TMicro>.ByComponent(
                    byKey + tile.FirstPosition - tile.PositionShift(0), tile.Stride + 1, tile.FirstPosition, arguments.Keys,
                    scratch.RelativeByComponent, arguments.Keys, scratch.Position, tile, size, scratch.PackedRows, accumulate: false);
            }

            float* gradient = gradients.Query.Of(stream, head, size) + (tile.First * gradients.Query.RowStride);
            for (int row = 0; row < tile.Count; row++, gradient += gradients.Query.RowStride)
            {
                float* content = scratch.Content + (row * size), position = scratch.Position + (row * size);
                ElementwiseKernel<TSimd, TVector>.AddScaled(contentBias, content, arguments.Scale, size);
                if (arguments.HasPositions)
                {
                    ElementwiseKernel<TSimd, TVector>.AddScaled(positionBias, position, arguments.Scale, size);
                    ElementwiseKernel<TSimd, TVector>.Sum(content, content, position, size);
                }

                ElementwiseKernel<TSimd, TVector>.Scale(gradient, content, arguments.Scale, size);
            }
        }

        /// <summary>destination (keys, d_h) from a gradient that was summed transposed.</summary>
        private void WriteTransposed(float* transposed, int transposedStride, float* destination, nint stride) =>
            Packing.Transpose(transposed, transposedStride, arguments.HeadSize, arguments.Keys, destination, stride);
    }

    /// <summary>Sums the groups of one head in order.</summary>
    private readonly struct SumGroups(AttentionArguments arguments, AttentionGradients gradients, int groups, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int size = arguments.HeadSize;
            nint rows = arguments.Keys, partialSize = PartialSize(arguments);
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
