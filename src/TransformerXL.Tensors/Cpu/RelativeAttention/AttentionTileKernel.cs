using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The parts of a tile of queries that the forward and the backward pass share.</summary>
internal static unsafe class AttentionTileKernel<TSimd, TVector, TProducts>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TProducts : struct, IAttentionProducts
{
    /// <summary>Packs rows as the right operand of a product over components: strips of rows.</summary>
    public static void PackByKey(in TProducts products, float* rows, nint stride, int count, int headSize, float* packed) =>
        products.PackRight(new MatrixOperand(rows, stride, 1), count, headSize, packed);

    /// <summary>Packs rows as the right operand of a product over rows: strips of components.</summary>
    public static void PackByComponent(in TProducts products, float* rows, nint stride, int count, int headSize, float* packed) =>
        products.PackRight(new MatrixOperand(rows, 1, stride), headSize, count, packed);

    /// <summary>Packs one head of keys, values or relative rows, in float32 or in the stored precision.</summary>
    public static void Pack(
        in TProducts products, in AttentionArguments arguments, HeadRows rows, int count, int stream, int head, bool byKey, float* widened, float* packed)
    {
        int size = arguments.HeadSize;
        float* source = rows.Of(stream, head, size);
        if (arguments.StoredPrecision == Precision.Bfloat16)
        {
            products.PackStored((ushort*)source, 2 * rows.RowStride, count, size, byKey, widened, packed);
        }
        else if (byKey)
        {
            PackByKey(products, source, rows.RowStride, count, size, packed);
        }
        else
        {
            PackByComponent(products, source, rows.RowStride, count, size, packed);
        }
    }

    /// <summary>Packs the relative rows of a head, and its biases for each distance, scaled as scores are.</summary>
    public static void PackPositions(in TProducts products, in AttentionArguments arguments, in AttentionScratch scratch, int head)
    {
        if (arguments.HasPositions)
        {
            Pack(products, arguments, arguments.Relative, arguments.RelativeRows, 0, head, byKey: true, scratch.Widened, scratch.RelativeByKey);
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
    public static void Scores(in TProducts products, in AttentionArguments arguments, in AttentionScratch scratch, in AttentionTile tile, int stream, int head)
    {
        int size = arguments.HeadSize;
        float* query = arguments.Query.Of(stream, head, size) + (tile.First * arguments.Query.RowStride);
        for (int row = 0; row < tile.Count; row++, query += arguments.Query.RowStride)
        {
            Biased(scratch.Content + (row * scratch.RowFloats), query, arguments.ContentBias, head, arguments);
            Biased(scratch.Position + (row * scratch.RowFloats), query, arguments.PositionBias, head, arguments);
        }

        ByKey(products, scratch.Content, scratch, scratch.KeysByKey, scratch.Scores, tile, size);
        if (arguments.HasPositions)
        {
            ByDistance(products, scratch, tile, size);
            AddDistanceBias(arguments, scratch, tile);
        }
    }

    /// <summary>Adds g_i / sqrt(d_h) to the scores of the keys of other texts than the query's, in a range that begins at <paramref name="scores"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddSegments(in AttentionArguments arguments, float* scores, KeyRange seen, int stream, int head, int query)
    {
        float shift = arguments.SegmentScores[arguments.SegmentPlace(stream, head, query)] * arguments.Scale;
        int own = arguments.Segments!.TextOf(stream, arguments.Keys - arguments.Queries + query);
        foreach (KeySegments.Run run in arguments.Segments.RunsOf(stream))
        {
            KeyRange keys = run.In(seen);
            if (run.Text != own && keys.Count > 0)
            {
                AttentionRows<TSimd, TVector>.Shift(scores + keys.First - seen.First, shift, keys.Count);
            }
        }
    }

    /// <summary>The sum of the gradients of the scores that <see cref="AddSegments"/> added to, over sqrt(d_h): a part of the gradient of g_i.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float SegmentGradient(in AttentionArguments arguments, float* gradients, KeyRange seen, int stream, int query)
    {
        float sum = 0;
        int own = arguments.Segments!.TextOf(stream, arguments.Keys - arguments.Queries + query);
        foreach (KeySegments.Run run in arguments.Segments.RunsOf(stream))
        {
            KeyRange keys = run.In(seen);
            if (run.Text != own && keys.Count > 0)
            {
                sum += AttentionRows<TSimd, TVector>.Sum(gradients + keys.First - seen.First, keys.Count);
            }
        }

        return sum * arguments.Scale;
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
    public static void ByKey(
        in TProducts products, float* rows, in AttentionScratch scratch, float* packedKeys, float* scores, in AttentionTile tile, int size)
    {
        products.PackLeft(new MatrixOperand(rows, scratch.RowFloats, 1), tile.Count, size, scratch.PackedRows);
        for (int i = 0; i < tile.BlockCount; i++)
        {
            ref readonly KeyBlock block = ref tile.Blocks[i];
            products.ByKey(scratch.PackedRows, packedKeys, block.FirstKey, block.End, tile.Count, size, scores + block.KeyColumn, tile.Stride);
        }
    }

    /// <summary>scores(i, p) = rows_i . r_p for the rows of the relative table that the blocks of a tile need.</summary>
    private static void ByDistance(in TProducts products, in AttentionScratch scratch, in AttentionTile tile, int size)
    {
        products.PackLeft(new MatrixOperand(scratch.Position, scratch.RowFloats, 1), tile.Count, size, scratch.PackedRows);
        for (int i = 0; i < tile.BlockCount; i++)
        {
            ref readonly KeyBlock block = ref tile.Blocks[i];
            products.ByKey(
                scratch.PackedRows, scratch.RelativeByKey, block.FirstPosition, block.EndPosition, tile.Count, size,
                scratch.Positions + block.PositionColumn, tile.Stride);
        }
    }

    /// <summary>
    /// Zeroes the invisible keys around the visible keys of a row in a block, up to where the products over the tile, by key or by
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
