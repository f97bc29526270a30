using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu;

/// <content>Inference: products with stored weights, and attention over stored keys and values.</content>
public sealed unsafe partial class CpuBackend
{
    /// <summary>The largest number of queries for which attention is faster without packing keys and values.</summary>
    internal const int FewQueries = 8;

    /// <inheritdoc/>
    public override InferenceWeight CreateWeight(Tensor weight, Precision precision = Precision.Float32) => new CpuInferenceWeight(weight, precision);

    /// <inheritdoc/>
    public override PreparedWeight PrepareWeight(Tensor weight, Precision precision = Precision.Float32, bool owns = false) => new CpuPreparedWeight(weight, precision, owns);

    /// <inheritdoc/>
    public override KeyValueMemory CreateKeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision = Precision.Float32) =>
        new CpuKeyValueMemory(capacity, streams, heads, headSize, precision);

    /// <inheritdoc/>
    public override RelativeTable CreateRelativeTable(Tensor rows, int heads, Precision precision = Precision.Float32, int after = 0) =>
        new CpuRelativeTable(rows, heads, precision, after);

    internal override void LinearPrepared(Tensor input, PreparedWeight weight, Tensor bias, Tensor output, Activation activation, RowProducts products) =>
        (weight as CpuPreparedWeight ?? throw Foreign(weight)).Multiply(this, input, bias, output, activation, products);

    internal override void LinearRows(Tensor input, InferenceWeight weight, int first, int count, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        CpuInferenceWeight own = weight as CpuInferenceWeight ?? throw Foreign(weight);
        if (own.Precision == Precision.Int8)
        {
            Int8Arguments product = new()
            {
                Rows = input.Shape.Rows,
                Outputs = count,
                Depth = own.Depth,
                Input = input.Pointer,
                Weight = own,
                FirstOutput = first,
                Output = output.Pointer,
                Bias = bias.Pointer,
                Activation = activation,
            };
            Kernels.Int8Product(product);
        }
        else
        {
            Linear(input, own, first, count, bias, output, activation, products);
        }

        KeepAlive(input, bias, output);
        own.Weight.KeepAlive();
        GC.KeepAlive(own);
    }

    /// <summary>y = activation(x W^T + bias) with a packed weight, for more than <see cref="InferenceOperations.FewRows"/> rows; the same bits as without.</summary>
    /// <exception cref="ArgumentException">The weight was packed for another instruction set.</exception>
    internal void Linear(Tensor input, PackedWeight weight, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        if (weight.Isa != Isa)
        {
            throw new ArgumentException($"linear: the weight was packed for {weight.Isa}, but the backend computes with {Isa}", nameof(weight));
        }

        Multiply(input, weight.Precision, weight.Outputs, weight.Depth, null, weight.Pointer, bias, output, activation);
        KeepAlive(input, bias, output);
        GC.KeepAlive(weight);
    }

    internal override void CachedAttention(in CachedAttentionTensors tensors)
    {
        CpuKeyValueMemory memory = tensors.Memory as CpuKeyValueMemory ?? throw Foreign(tensors.Memory);
        CpuRelativeTable? relative = tensors.Relative is null ? null : tensors.Relative as CpuRelativeTable ?? throw Foreign(tensors.Relative);
        int streams = memory.Streams, width = memory.Heads * memory.HeadSize, columns = tensors.Queries.Shape.Columns;
        AttentionArguments arguments = new()
        {
            Queries = tensors.Queries.Shape.Rows / streams,
            Keys = tensors.Keys,
            Streams = streams,
            Heads = memory.Heads,
            HeadSize = memory.HeadSize,
            Visibility = tensors.Visibility,
            Query = new HeadRows(tensors.Queries.Pointer, (nint)streams * columns, columns),
            StoredPrecision = memory.StoredPrecision,
            Precision = memory.StoredPrecision,
            Key = memory.Keys(tensors.FirstKey),
            Value = memory.Values(tensors.FirstKey),
            Output = new HeadRows(tensors.Output.Pointer, (nint)streams * width, width),
            Relative = relative is null ? default : relative.From(tensors.Keys),
            ContentBias = tensors.ContentBias.Pointer,
            PositionBias = tensors.PositionBias.Pointer,
            LogSumExp = tensors.LogSumExp.Pointer,
        };
        CachedAttention(arguments);
        KeepAlive(tensors.Queries, tensors.ContentBias, tensors.PositionBias);
        KeepAlive(tensors.LogSumExp, tensors.Output, default);
        GC.KeepAlive(memory);
        GC.KeepAlive(relative);
    }

    internal override void CachedAttention(in CachedAttentionTensors tensors, ReadOnlySpan<CachedKeys> texts)
    {
        // The table of the texts is in scratch memory until the kernel has read it.
        using BackendUse use = Enter();
        CpuRelativeTable? relative = tensors.Relative is null ? null : tensors.Relative as CpuRelativeTable ?? throw Foreign(tensors.Relative);
        TextRows* rows = (TextRows*)SharedScratch((long)texts.Length * sizeof(TextRows) / sizeof(float));
        int max = 0;
        for (int text = 0; text < texts.Length; text++)
        {
            (KeyValueMemory memory, int first, int keys) = texts[text];
            CpuKeyValueMemory own = memory as CpuKeyValueMemory ?? throw Foreign(memory);
            rows[text] = new TextRows { Keys = keys, Key = own.Keys(first), Value = own.Values(first), Relative = relative is null ? default : relative.From(keys) };
            max = Math.Max(max, keys);
        }

        KeyValueMemory like = texts[0].Memory;
        int width = like.Heads * like.HeadSize, columns = tensors.Queries.Shape.Columns;
        Kernels.FewQueriesAttention(new AttentionArguments
        {
            Queries = 1,
            Keys = max,
            Streams = texts.Length,
            Heads = like.Heads,
            HeadSize = like.HeadSize,
            Visibility = tensors.Visibility,
            Query = new HeadRows(tensors.Queries.Pointer, (nint)texts.Length * columns, columns),
            StoredPrecision = like.StoredPrecision,
            Precision = like.StoredPrecision,
            Output = new HeadRows(tensors.Output.Pointer, (nint)texts.Length * width, width),
            ContentBias = tensors.ContentBias.Pointer,
            PositionBias = tensors.PositionBias.Pointer,
            Texts = rows,
        });
        KeepAlive(tensors.Queries, tensors.ContentBias, tensors.PositionBias);
        KeepAlive(tensors.Output, default, default);
        GC.KeepAlive(relative);
        foreach (CachedKeys text in texts)
        {
            GC.KeepAlive(text.Memory);
        }
    }

    /// <summary>The number of queries of a stream alone selects the kernel, so that its bits are the same in any batch.</summary>
    private void CachedAttention(AttentionArguments arguments)
    {
        using BackendUse use = Enter();
        if (arguments.Queries <= FewQueries)
        {
            Kernels.FewQueriesAttention(arguments);
            return;
        }

        if (arguments.Visibility.HasLengths)
        {
            arguments.MaxQueries = FewQueries;
            Kernels.FewQueriesAttention(arguments);
            (arguments.MinQueries, arguments.MaxQueries) = (FewQueries + 1, 0);
        }

        Kernels.AttentionForward(arguments);
    }

    /// <summary>Products of few rows read the weight as it is stored; products of many rows read it packed, or pack it from float32.</summary>
    private void Linear(Tensor input, CpuInferenceWeight weight, int first, int count, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        int rows = input.Shape.Rows, depth = weight.Depth;
        Precision precision = weight.Precision;
        if (products.TakesBlocks(rows))
        {
            Tensor source = weight.Float32();
            Multiply(input, precision, count, depth, source.Pointer + ((nint)first * depth), null, bias, output, activation);
            source.KeepAlive();
            return;
        }

        // The rounded rows are in scratch memory until the product has read them.
        using BackendUse use = precision == Precision.Bfloat16 ? Enter() : default;
        FewRowsArguments few = new()
        {
            Rows = rows,
            Outputs = count,
            Depth = depth,
            InputStride = depth,
            Input = precision == Precision.Bfloat16 ? RoundedToBfloat16(input.Pointer, rows * depth) : input.Pointer,
            Weight = weight.Row(first),
            Precision = precision,
            Output = output.Pointer,
            Bias = bias.Pointer,
            Activation = activation,
        };
        Kernels.FewRowsProduct(few);
    }

    /// <summary>The product of many rows with rows of a weight as they are stored, or with the packed weight.</summary>
    private void Multiply(Tensor input, Precision precision, int outputs, int depth, float* weight, float* packed, Tensor bias, Tensor output, Activation activation)
    {
        MatrixProductArguments product = new()
        {
            Rows = input.Shape.Rows,
            Columns = outputs,
            Depth = depth,
            Precision = precision,
            A = new MatrixOperand(input.Pointer, depth, 1),
            B = new MatrixOperand(weight, 1, depth),
            PackedB = packed,
            C = output.Pointer,
            Stride = outputs,
            Epilogue = { Bias = bias.Pointer, Activation = activation },
        };
        Kernels.MatrixProduct(product);
    }

    /// <summary>Values rounded to bfloat16, in scratch memory.</summary>
    private float* RoundedToBfloat16(float* values, int count)
    {
        float* rounded = SharedScratch(count);
        new ReadOnlySpan<float>(values, count).CopyTo(new Span<float>(rounded, count));
        Bfloat16.Round(rounded, count);
        return rounded;
    }
}
