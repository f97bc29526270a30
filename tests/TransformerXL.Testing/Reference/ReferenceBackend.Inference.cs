using TransformerXL.Tensors;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Reference;

/// <content>Inference: weights and memories are tensors of rounded values, and the operations are those of training.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public override InferenceWeight CreateWeight(Tensor weight, Precision precision = Precision.Float32) => new ReferenceWeight(weight, precision);

    /// <inheritdoc/>
    public override PreparedWeight PrepareWeight(Tensor weight, Precision precision = Precision.Float32, bool owns = false) => new ReferencePreparedWeight(new ReferenceWeight(weight, precision));

    /// <inheritdoc/>
    public override KeyValueMemory CreateKeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision = Precision.Float32) =>
        new ReferenceKeyValueMemory(capacity, streams, heads, headSize, precision);

    /// <inheritdoc/>
    public override RelativeTable CreateRelativeTable(Tensor rows, int heads, Precision precision = Precision.Float32, int after = 0) =>
        new ReferenceRelativeTable(rows, heads, precision, after);

    internal override void LinearPrepared(Tensor input, PreparedWeight weight, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        ReferencePreparedWeight own = weight as ReferencePreparedWeight ?? throw Foreign(weight);
        LinearRows(input, own.Weight, 0, own.Outputs, bias, output, activation, products);
    }

    internal override void LinearRows(Tensor input, InferenceWeight weight, int first, int count, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        ReferenceWeight own = weight as ReferenceWeight ?? throw Foreign(weight);
        Tensor rows = input.Reshape(new Shape(input.Shape.Rows, own.Depth));
        Linear(Matrix.Of(Rounded(rows, own.Precision)), Matrix.Of(own.Values.Slice(first, count)).Transposed, output, Precision.Float32, bias, activation);
    }

    internal override void CachedAttention(in CachedAttentionTensors tensors)
    {
        ReferenceKeyValueMemory memory = tensors.Memory as ReferenceKeyValueMemory ?? throw Foreign(tensors.Memory);
        ReferenceRelativeTable? relative = tensors.Relative is null ? null : tensors.Relative as ReferenceRelativeTable ?? throw Foreign(tensors.Relative);
        int streams = memory.Streams, width = memory.Heads * memory.HeadSize, columns = tensors.Queries.Shape.Columns, tokens = tensors.Queries.Shape.Rows / streams;
        Tensor queries = Tensor.Allocate(new Shape(tokens, streams, width)), keysValues = Tensor.Allocate(new Shape(tensors.Keys, streams, 2 * width));
        for (int row = 0; row < tokens * streams; row++)
        {
            tensors.Queries.Span.Slice(row * columns, width).CopyTo(queries.Span[(row * width)..]);
        }

        memory.Read(tensors.FirstKey, keysValues);
        AttentionForward(new AttentionTensors
        {
            Queries = queries,
            KeysValues = keysValues,
            Heads = memory.Heads,
            Visibility = tensors.Visibility,
            Relative = relative is null ? default : relative.From(tensors.Keys),
            ContentBias = tensors.ContentBias,
            PositionBias = tensors.PositionBias,
            LogSumExp = tensors.LogSumExp,
            Output = tensors.Output,
        });
    }

    internal override void CachedAttention(in CachedAttentionTensors tensors, ReadOnlySpan<CachedKeys> texts)
    {
        for (int text = 0; text < texts.Length; text++)
        {
            CachedAttentionTensors own = tensors;
            (own.Memory, own.FirstKey, own.Keys) = texts[text];
            (own.Queries, own.LogSumExp, own.Output) = (tensors.Queries.Slice(text, 1), tensors.LogSumExp.Slice(text, 1), tensors.Output.Slice(text, 1));
            CachedAttention(own);
        }
    }

    /// <summary>The values nearest to those of a matrix in a precision; in 8 bits each row has a scale of its own.</summary>
    internal static Tensor Rounded(Tensor matrix, Precision precision)
    {
        Tensor rounded = Tensor.From(matrix.Shape, matrix.Span);
        if (precision == Precision.Int8)
        {
            for (int row = 0; row < matrix.Shape.Rows; row++)
            {
                RoundToInt8(rounded.Span.Slice(row * matrix.Shape.Columns, matrix.Shape.Columns));
            }

            return rounded;
        }

        foreach (ref float value in rounded.Span)
        {
            value = Rounded(value, precision);
        }

        return rounded;
    }

    /// <summary>Whole numbers from -127 to 127 times the largest magnitude over 127.</summary>
    private static void RoundToInt8(Span<float> row)
    {
        float largest = 0;
        foreach (float value in row)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        float inverse = largest == 0 ? 0 : 127 / largest;
        foreach (ref float value in row)
        {
            value = MathF.Round(value * inverse) * (largest / 127);
        }
    }
}
