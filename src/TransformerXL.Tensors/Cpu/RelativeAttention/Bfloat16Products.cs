using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>
/// Products of operands rounded to bfloat16 by a unit for it. Whole strips of 32 are computed: rows and columns after the operands
/// are zeros in their packed form, and there is room for them in the results.
/// </summary>
internal readonly unsafe struct Bfloat16Products(ITiles tiles) : IAttentionProducts
{
    /// <summary>From this head size on products are faster than in float32, because the sum over components is padded to a multiple of 32.</summary>
    public const int MinHeadSize = 24;

    public AttentionLayout Layout => AttentionLayout.Bfloat16;

    public void PackLeft(MatrixOperand source, int lanes, int depth, float* packed) => TilePacking.Pack(source, lanes, depth, true, (byte*)packed);

    public void PackRight(MatrixOperand source, int lanes, int depth, float* packed) => TilePacking.Pack(source, lanes, depth, false, (byte*)packed);

    public void PackStored(ushort* rows, nint stride, int count, int size, bool byKey, float* widened, float* packed)
    {
        if (byKey)
        {
            StoredTilePacking.ByRow(rows, stride, count, size, (byte*)packed);
        }
        else
        {
            StoredTilePacking.ByValue(rows, stride, count, size, (byte*)packed);
        }
    }

    public void ByKey(float* left, float* right, int first, int end, int queries, int size, float* scores, nint stride)
    {
        int steps = TilePacking.Steps(size);
        Multiply((byte*)left, steps, (byte*)right + TilePacking.Bytes(first, size), steps, steps, queries, end - first, scores + first, stride, accumulate: false);
    }

    public void ByComponent(
        float* scores, nint stride, int first, int end, int queries, float* right, int keys, int size, float* result, float* packed, bool accumulate)
    {
        int steps = TilePacking.Steps(end - first);
        TilePacking.Pack(new MatrixOperand(scores, stride, 1), queries, steps * TilePacking.StepDepth, true, (byte*)packed);
        byte* rows = (byte*)right + TilePacking.Bytes(1, first);
        Multiply((byte*)packed, steps, rows, TilePacking.Steps(keys), steps, queries, size, result, Layout.RowFloats(size), accumulate);
    }

    public void AddTransposed(
        float* left, float* scores, nint stride, int first, int end, int queries, int size, float* gradient, nint gradientStride, float* packed)
    {
        int steps = TilePacking.Steps(queries);
        TilePacking.Pack(new MatrixOperand(scores, 1, stride), AttentionLayout.Padded(end - first, TilePacking.StripLanes), queries, false, (byte*)packed);
        Multiply((byte*)left, steps, (byte*)packed, steps, steps, size, end - first, gradient + first, gradientStride, accumulate: true);
    }

    /// <summary>C = A B or C += A B over steps of the depth; strips of A and of B have the same number of steps.</summary>
    private void Multiply(
        byte* a, int stepsA, byte* b, int stepsB, int steps, int rows, int columns, float* c, nint stride, bool accumulate)
    {
        for (int step = 0; step < steps; step += TileBlocking.MaxSteps)
        {
            TileBlock block = new()
            {
                A = a + ((nint)step * TilePacking.StepBytes),
                B = b + ((nint)step * TilePacking.StepBytes),
                C = c,
                StripA = (long)stepsA * TilePacking.StepBytes,
                StripB = (long)stepsB * TilePacking.StepBytes,
                RowC = stride * sizeof(float),
                RowStrips = Blocking.Strips(rows, TilePacking.StripLanes),
                ColumnStrips = Blocking.Strips(columns, TilePacking.StripLanes),
                Steps = Math.Min(TileBlocking.MaxSteps, steps - step),
                Accumulate = accumulate || step > 0 ? 1 : 0,
            };
            tiles.Multiply(&block);
        }
    }
}
