using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>What the forward and the backward pass do alike with a tile of queries.</summary>
internal static unsafe class AttentionTileKernel<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    /// <summary>Packs rows as the right operand of a product over components: strips of rows.</summary>
    public static void PackByKey(float* rows, nint stride, int count, int headSize, float* packed) =>
        Packing.Pack(new MatrixOperand(rows, stride, 1), count, headSize, TMicro.Columns, packed);

    /// <summary>Packs rows as the right operand of a product over rows: strips of components.</summary>
    public static void PackByComponent(float* rows, nint stride, int count, int headSize, float* packed) =>
        Packing.Pack(new MatrixOperand(rows, 1, stride), headSize, count, TMicro.Columns, packed);

    /// <summary>Packs the relative rows of a head, and its biases for each distance, scaled as scores are.</summary>
    public static void PackPositions(in AttentionArguments arguments, in AttentionScratch scratch, int head)
    {
        if (arguments.HasPositions)
        {
            float* rows = arguments.Kept(arguments.Relative, arguments.RelativeRows, 0, head, scratch.Widened, out nint stride);
            PackByKey(rows, stride, arguments.RelativeRows, arguments.HeadSize, scratch.RelativeByKey);
        }

        for (nint row = 0; row < arguments.RelativeRows && arguments.DistanceBias != null; row++)
        {
            scratch.DistanceBias[row] = arguments.DistanceBias[(row * arguments.Heads) + head] * arguments.Scale;
        }
    }

    /// <summary>
    /// Scores of a tile, terms (a) and (c) by key and terms (b) and (d) by distance. The sum of the two is left to the
    /// passes over rows, which read the second at an offset.
    /// </summary>
    public static void Scores(in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, int stream, int head)
    {
        int size = arguments.HeadSize;
        float* query = arguments.Query.Of(stream, head, size) + (tile.First * arguments.Query.RowStride);
        for (int row = 0; row < tile.Count; row++, query += arguments.Query.RowStride)
        {
            Biased(scratch.Content + (row * size), query, arguments.ContentBias, head, arguments);
            Biased(scratch.Position + (row * size), query, arguments.PositionBias, head, arguments);
        }

        ByKey(scratch.Content, scratch.KeysByKey, scratch.Scores, tile, size, scratch.PackedRows);
        if (arguments.HasPositions)
        {
            ByDistance(scratch.Position, scratch.RelativeByKey, scratch.Positions, tile, size, scratch.PackedRows);
            AddDistanceBias(arguments, scratch, tile);
        }
    }

    private static void Biased(float* destination, float* query, float* bias, int head, in AttentionArguments arguments)
    {
        int size = arguments.HeadSize;
        if (bias == null)
        {
            ElementwiseKernel<TSimd, TVector>.Scale(destination, query, arguments.Scale, size);
            return;
        }

        AttentionRows<TSimd, TVector>.Biased(destination, query, bias + (head * size), arguments.Scale, size);
    }

    private static void AddDistanceBias(in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile)
    {
        for (int row = 0; row < tile.Count && arguments.DistanceBias != null; row++)
        {
            float* positions = scratch.Positions + ((nint)row * tile.Stride);
            for (int i = 0; i < tile.BlockCount; i++)
            {
                ref readonly KeyBlock block = ref tile.Blocks[i];
                int first = block.FirstPosition;
                ElementwiseKernel<TSimd, TVector>.AddScaled(
                    positions + block.PositionColumn + first, scratch.DistanceBias + first, 1, block.EndPosition - first);
            }
        }
    }

    /// <summary>scores(i, j) = rows_i . key_j for the keys of all blocks of a tile.</summary>
    public static void ByKey(float* rows, float* packedKeys, float* scores, in AttentionTile tile, int size, float* packedRows)
    {
        Packing.Pack(new MatrixOperand(rows, size, 1), tile.Count, size, TMicro.Rows, packedRows);
        for (int i = 0; i < tile.BlockCount; i++)
        {
            ref readonly KeyBlock block = ref tile.Blocks[i];
            Multiply(packedRows, packedKeys, block.FirstKey, block.End, scores + block.KeyColumn, tile, size);
        }
    }

    /// <summary>scores(i, p) = rows_i . r_p for the rows of the relative table that the blocks of a tile need.</summary>
    private static void ByDistance(float* rows, float* packedRelative, float* scores, in AttentionTile tile, int size, float* packedRows)
    {
        Packing.Pack(new MatrixOperand(rows, size, 1), tile.Count, size, TMicro.Rows, packedRows);
        for (int i = 0; i < tile.BlockCount; i++)
        {
            ref readonly KeyBlock block = ref tile.Blocks[i];
            Multiply(packedRows, packedRelative, block.FirstPosition, block.EndPosition, scores + block.PositionColumn, tile, size);
        }
    }

    /// <summary>Products with the packed rows of a range that starts at a strip; the score of row 0 would be at <paramref name="scores"/>.</summary>
    private static void Multiply(float* packedQueries, float* packed, int first, int end, float* scores, in AttentionTile tile, int size)
    {
        Strips strips = new(packed + ((nint)first * size), TMicro.Columns, (nint)TMicro.Columns * size);
        MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(
            tile.Count, end - first, size, packedQueries, strips, scores + first, tile.Stride, accumulate: false);
    }

    /// <summary>
    /// result(i) = or += sum over j of scores(i, j) row_j, where score (0, first) is at <paramref name="scores"/> and the
    /// rows of scores are <paramref name="stride"/> apart.
    /// </summary>
    public static void ByComponent(
        float* scores, nint stride, int first, int end, float* packedRows, int keys, float* result, in AttentionTile tile, int size, float* packed, bool accumulate)
    {
        for (int k = first; k < end; k += AttentionScratch.DepthBlock, accumulate = true)
        {
            int depth = Math.Min(AttentionScratch.DepthBlock, end - k);
            Packing.Pack(new MatrixOperand(scores + (k - first), stride, 1), tile.Count, depth, TMicro.Rows, packed);
            Strips rows = new(packedRows + ((nint)k * TMicro.Columns), TMicro.Columns, (nint)TMicro.Columns * keys);
            MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(
                tile.Count, size, depth, packed, rows, result, size, accumulate);
        }
    }

    /// <summary>
    /// Zeroes what a row does not see around its visible keys of a block, as far as the products over the tile, by key or by
    /// distance, may read.
    /// </summary>
    public static void ClearUnseen(float* row, in KeyBlock block, KeyRange seen)
    {
        int first = block.KeyColumn + seen.First, end = block.KeyColumn + seen.End;
        new Span<float>(row + block.Column, first - block.Column).Clear();
        new Span<float>(row + end, block.EndColumn - end).Clear();
    }

    /// <summary>Drops probabilities of query i from key <paramref name="first"/> on.</summary>
    public static void Drop(in AttentionArguments arguments, int stream, int head, int query, int first, float* source, float* destination, int count)
    {
        long row = arguments.RowOf(stream, head, query);
        DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, (row * arguments.TensorKeys) + first, source, destination, count);
    }
}
