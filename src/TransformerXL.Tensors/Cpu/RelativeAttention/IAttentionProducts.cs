using TransformerXL.Tensors.Cpu.MatrixProduct;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>
/// The matrix products of attention, in one precision. "By key" results have a column for each key (or row of the relative table),
/// "by component" results one for each component of a head. A tile of scores has zeros around the visible keys, which products
/// may read up to the next strip.
/// </summary>
internal unsafe interface IAttentionProducts
{
    AttentionLayout Layout { get; }

    /// <summary>Packs a left operand whose element (lane, k) is <c>source(lane, k)</c>.</summary>
    void PackLeft(MatrixOperand source, int lanes, int depth, float* packed);

    /// <summary>Packs a right operand whose element (k, lane) is <c>source(lane, k)</c>.</summary>
    void PackRight(MatrixOperand source, int lanes, int depth, float* packed);

    /// <summary>Packs rows that are stored as bfloat16 as <see cref="PackRight"/> packs the same values in float32.</summary>
    /// <param name="rows">The first row, padded with zeros to a multiple of 16 values.</param>
    /// <param name="stride">Values from one row to the next, a multiple of 16.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="size">d_h.</param>
    /// <param name="byKey">Whether lanes are rows and the depth is the size of a head, or lanes are components and the depth is all rows.</param>
    /// <param name="widened">Working memory for all rows in float32.</param>
    /// <param name="packed">Takes the strips.</param>
    void PackStored(ushort* rows, nint stride, int count, int size, bool byKey, float* widened, float* packed);

    /// <summary>scores(i, j) = left_i . row_j for rows of keys from a multiple of a strip on; the score of row 0 would be at <paramref name="scores"/>.</summary>
    /// <param name="left">Packed (queries, size).</param>
    /// <param name="right">Packed: lanes are rows of keys, the depth is the size of a head.</param>
    /// <param name="first">The first row of keys.</param>
    /// <param name="end">One past the last row.</param>
    /// <param name="queries">Rows of the left operand.</param>
    /// <param name="size">d_h.</param>
    /// <param name="scores">Overwritten.</param>
    /// <param name="stride">Floats from one query to the next.</param>
    void ByKey(float* left, float* right, int first, int end, int queries, int size, float* scores, nint stride);

    /// <summary>result(i) = or += sum over j of scores(i, j) row_j for rows of keys from a multiple of a strip on.</summary>
    /// <param name="scores">Score (0, first); the values from the end to the next strip are zero.</param>
    /// <param name="stride">Floats from one query to the next.</param>
    /// <param name="first">The first row of keys.</param>
    /// <param name="end">One past the last row.</param>
    /// <param name="queries">Rows of scores.</param>
    /// <param name="right">Packed: lanes are components, the depth is all rows of keys.</param>
    /// <param name="keys">All rows of keys.</param>
    /// <param name="size">d_h.</param>
    /// <param name="result">Rows of <see cref="AttentionLayout.RowFloats"/> floats.</param>
    /// <param name="packed">Working memory.</param>
    /// <param name="accumulate">Whether to add.</param>
    void ByComponent(
        float* scores, nint stride, int first, int end, int queries, float* right, int keys, int size, float* result, float* packed, bool accumulate);

    /// <summary>gradient (d_h, keys) += left (d_h, queries) scores (queries, keys) for rows of keys from a multiple of a strip on.</summary>
    /// <param name="left">Packed: lanes are components, the depth is queries.</param>
    /// <param name="scores">Score (0, first); the values from the end to the next strip are zero.</param>
    /// <param name="stride">Floats from one query to the next.</param>
    /// <param name="first">The first row of keys.</param>
    /// <param name="end">One past the last row.</param>
    /// <param name="queries">Rows of scores.</param>
    /// <param name="size">d_h.</param>
    /// <param name="gradient">The column of row 0 would be here.</param>
    /// <param name="gradientStride">Floats from one component to the next.</param>
    /// <param name="packed">Working memory.</param>
    void AddTransposed(
        float* left, float* scores, nint stride, int first, int end, int queries, int size, float* gradient, nint gradientStride, float* packed);
}
