using TransformerXL.Tensors.Cpu.CrossEntropy;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.LayerNorm;
using TransformerXL.Tensors.Cpu.Lstm;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Recurrent;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.ScatterRows;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Cpu.Softmax;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <summary>
/// The kernels of one instruction set. Sizes and pointers are checked by the operations that call them, which also keep
/// the memory alive during the call. Each kernel reserves the backend, because its scratch memory serves one thread only.
/// </summary>
internal abstract unsafe class KernelSet
{
    public abstract void MatrixProduct(in MatrixProductArguments arguments);

    /// <summary>Floats that a right operand (depth, columns) takes when packed.</summary>
    public abstract long PackedRightSize(int depth, int columns, Precision precision);

    /// <summary>Columns that lie side by side in a right operand that is packed in float32; null if it is packed as tiles.</summary>
    public abstract int? PackedColumns(Precision precision);

    /// <summary>Packs a right operand (depth, columns) that several products share.</summary>
    public abstract void PackRight(MatrixOperand b, int depth, int columns, Precision precision, float* packed);

    /// <summary>A product of a few rows with a row-major weight, which is read once and not packed.</summary>
    public abstract void FewRowsProduct(in FewRowsArguments arguments);

    /// <summary>A product of any number of rows with a weight of 8 bits.</summary>
    public abstract void Int8Product(in Int8Arguments arguments);

    /// <summary>Attention of a few queries over rows that are padded to whole vectors.</summary>
    public abstract void FewQueriesAttention(in AttentionArguments arguments);

    public abstract void LayerNormForward(in LayerNormArguments arguments);

    public abstract void LayerNormBackward(in LayerNormArguments arguments, in LayerNormGradients gradients);

    public abstract void AttentionForward(in AttentionArguments arguments);

    public abstract void AttentionBackward(in AttentionArguments arguments, in AttentionGradients gradients);

    public abstract void EmbeddingForward(in EmbeddingArguments arguments, float* output);

    public abstract void EmbeddingBackward(in EmbeddingArguments arguments, float* outputGradient, float* tableGradient);

    public abstract void ScatterRowsForward(in ScatterRowsArguments arguments, float* input, float* output);

    public abstract void ScatterRowsBackward(in ScatterRowsArguments arguments, float* outputGradient, float* inputGradient);

    public abstract void CrossEntropyAccumulate(in LogitTile tile);

    public abstract void CrossEntropyGradient(in LogitTile tile, float scale);

    public abstract void LstmForward(in LstmArguments arguments);

    /// <summary>A whole time step of an LSTM in one job, where that is faster than its product and then its gates.</summary>
    /// <returns>Whether it was computed.</returns>
    public abstract bool TryLstmStep(in LstmArguments arguments);

    public abstract void LstmBackward(in LstmArguments arguments, in LstmGradients gradients);

    public abstract void GruForward(in GruArguments arguments);

    public abstract void GruBackward(in GruArguments arguments, in GruGradients gradients);

    public abstract void RnnForward(in RnnArguments arguments);

    public abstract void RnnBackward(in RnnArguments arguments);

    /// <summary>destination = or += dropout(source); an inactive mask copies or adds.</summary>
    public abstract void Dropout(DropoutMask mask, float* source, float* destination, long count, bool add);

    /// <summary>y = y * scale where the gate is above zero, else 0.</summary>
    public abstract void Gate(float* y, float* gate, float scale, long count);

    /// <summary>y = or += f(a, b), element by element.</summary>
    public abstract void Elementwise(ElementwiseFunction function, float* a, float* b, float* y, long count, bool add);

    public abstract void SoftmaxForward(float* x, float* y, int rows, int columns);

    public abstract void SoftmaxBackward(float* y, float* outputGradient, float* gradient, int rows, int columns, bool add);

    /// <summary>y_b = the mean of x_tb over all times, or over the first lengths[b] of them.</summary>
    public abstract void MeanRowsForward(float* x, int* lengths, float* y, int times, int streams, int columns);

    public abstract void MeanRowsBackward(float* outputGradient, int* lengths, float* gradient, int times, int streams, int columns, bool add);

    /// <summary>y_tb = x_tb + row_t for all streams b.</summary>
    public abstract void AddRows(float* x, float* rows, float* y, int times, int streams, int columns);

    /// <summary>row_t += the sum of x_tb over all streams b.</summary>
    public abstract void SumStreams(float* x, float* rows, int times, int streams, int columns);

    /// <summary>y = dropout(GELU(x)).</summary>
    public abstract void Gelu(float* x, DropoutMask mask, float* y, long count);

    /// <summary>y = dropout(y) * GELU'(x).</summary>
    public abstract void GeluBackward(float* y, float* x, DropoutMask mask, long count);

    /// <summary>y = f(u) v for rows of u beside v (rows, 2 columns).</summary>
    public abstract void GatedForward(GatingFunction function, float* x, float* y, int rows, int columns);

    /// <summary>The backward pass: sets or adds to the gradient of u beside v.</summary>
    public abstract void GatedBackward(GatingFunction function, float* x, float* outputGradient, float* gradient, int rows, int columns, bool add);

    public abstract void AddColumnSums(float* x, int rows, int columns, float* y);

    /// <summary>The sum of the squares of x, or of x / (scale + epsilon) if there is a scale.</summary>
    public abstract double SumOfSquares(float* x, float* scale, float epsilon, long count);

    public abstract void AdamStep(in AdamArguments arguments);

    public abstract void SgdStep(in SgdArguments arguments);

    public abstract void AdagradStep(in AdagradArguments arguments);

    public abstract void AnchoredStep(in AnchoredArguments arguments);

    public abstract void LambStep(in LambArguments arguments);

    public abstract void MuonStep(MuonArguments[] matrices, int count);
}

/// <inheritdoc/>
internal sealed unsafe class KernelSet<TSimd, TVector, TMicro>(CpuBackend backend) : KernelSet
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    public override void MatrixProduct(in MatrixProductArguments arguments)
    {
        using BackendUse use = backend.Enter();
        ITiles? tiles = TilesFor(arguments.Precision);
        int depth = arguments.DepthAtOnce(tiles is null ? Blocking.DepthBlock : TileBlocking.MaxSteps * TilePacking.StepDepth);
        if (depth >= arguments.Depth)
        {
            Multiply(tiles, arguments);
            return;
        }

        for (int first = 0; first < arguments.Depth; first += depth)
        {
            Multiply(tiles, arguments.Part(first, Math.Min(depth, arguments.Depth - first)));
        }
    }

    private void Multiply(ITiles? tiles, in MatrixProductArguments arguments)
    {
        if (tiles is not null)
        {
            TileProductKernel<TSimd, TVector>.Run(backend, tiles, arguments);
        }
        else
        {
            MatrixProductKernel<TSimd, TVector, TMicro>.Run(backend, arguments);
        }
    }

    public override long PackedRightSize(int depth, int columns, Precision precision) => TilesFor(precision) is null
        ? Packing.Size(columns, depth, TMicro.Columns)
        : TileProductKernel<TSimd, TVector>.PackedRightSize(depth, columns);

    public override int? PackedColumns(Precision precision) => TilesFor(precision) is null ? TMicro.Columns : null;

    public override void PackRight(MatrixOperand b, int depth, int columns, Precision precision, float* packed)
    {
        using BackendUse use = backend.Enter();
        if (TilesFor(precision) is null)
        {
            MatrixProductKernel<TSimd, TVector, TMicro>.PackRight(backend, b, depth, columns, precision, packed);
        }
        else
        {
            TileProductKernel<TSimd, TVector>.PackRight(backend, b, depth, columns, packed);
        }
    }

    public override void FewRowsProduct(in FewRowsArguments arguments)
    {
        using BackendUse use = backend.Enter();
        if (arguments.Precision == Precision.Bfloat16)
        {
            FewRowsProduct<TSimd, TVector, StoredBfloat16<TSimd, TVector>, ushort>.Run(backend, arguments);
        }
        else
        {
            FewRowsProduct<TSimd, TVector, StoredFloat32<TSimd, TVector>, float>.Run(backend, arguments);
        }
    }

    public override void Int8Product(in Int8Arguments arguments)
    {
        using BackendUse use = backend.Enter();
        if (backend.Int8Tiles is { } unit)
        {
            Int8UnitProduct<TSimd, TVector>.Run(backend, unit, arguments);
        }
        else
        {
            Int8Product<TSimd, TVector>.Run(backend, arguments);
        }
    }

    public override void FewQueriesAttention(in AttentionArguments arguments)
    {
        using BackendUse use = backend.Enter();
        if (arguments.StoredPrecision == Precision.Bfloat16)
        {
            FewQueriesAttention<TSimd, TVector, StoredBfloat16<TSimd, TVector>, ushort>.Run(backend, arguments);
        }
        else
        {
            FewQueriesAttention<TSimd, TVector, StoredFloat32<TSimd, TVector>, float>.Run(backend, arguments);
        }
    }

    public override void LayerNormForward(in LayerNormArguments arguments)
    {
        using BackendUse use = backend.Enter();
        LayerNormKernel<TSimd, TVector>.Forward(backend, arguments);
    }

    public override void LayerNormBackward(in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        using BackendUse use = backend.Enter();
        LayerNormKernel<TSimd, TVector>.Backward(backend, arguments, gradients);
    }

    public override void AttentionForward(in AttentionArguments arguments)
    {
        using BackendUse use = backend.Enter();
        if (UnitFor(arguments) is { } unit)
        {
            AttentionForward<TSimd, TVector, Bfloat16Products>.Run(backend, new Bfloat16Products(unit), arguments);
        }
        else
        {
            AttentionForward<TSimd, TVector, Float32Products<TSimd, TVector, TMicro>>.Run(backend, default, arguments);
        }
    }

    public override void AttentionBackward(in AttentionArguments arguments, in AttentionGradients gradients)
    {
        using BackendUse use = backend.Enter();
        if (UnitFor(arguments) is { } unit)
        {
            AttentionBackward<TSimd, TVector, Bfloat16Products>.Run(backend, new Bfloat16Products(unit), arguments, gradients);
        }
        else
        {
            AttentionBackward<TSimd, TVector, Float32Products<TSimd, TVector, TMicro>>.Run(backend, default, arguments, gradients);
        }
    }

    public override void EmbeddingForward(in EmbeddingArguments arguments, float* output)
    {
        using BackendUse use = backend.Enter();
        EmbeddingKernel<TSimd, TVector>.Forward(backend, arguments, output);
    }

    public override void EmbeddingBackward(in EmbeddingArguments arguments, float* outputGradient, float* tableGradient)
    {
        using BackendUse use = backend.Enter();
        EmbeddingKernel<TSimd, TVector>.Backward(backend, arguments, outputGradient, tableGradient);
    }

    public override void ScatterRowsForward(in ScatterRowsArguments arguments, float* input, float* output)
    {
        using BackendUse use = backend.Enter();
        ScatterRowsKernel<TSimd, TVector>.Forward(backend, arguments, input, output);
    }

    public override void ScatterRowsBackward(in ScatterRowsArguments arguments, float* outputGradient, float* inputGradient)
    {
        using BackendUse use = backend.Enter();
        ScatterRowsKernel<TSimd, TVector>.Backward(backend, arguments, outputGradient, inputGradient);
    }

    public override void CrossEntropyAccumulate(in LogitTile tile)
    {
        using BackendUse use = backend.Enter();
        CrossEntropyKernel<TSimd, TVector>.Accumulate(backend, tile);
    }

    public override void CrossEntropyGradient(in LogitTile tile, float scale)
    {
        using BackendUse use = backend.Enter();
        CrossEntropyKernel<TSimd, TVector>.Gradient(backend, tile, scale);
    }

    public override void LstmForward(in LstmArguments arguments)
    {
        using BackendUse use = backend.Enter();
        LstmKernel<TSimd, TVector>.Forward(backend, arguments);
    }

    public override bool TryLstmStep(in LstmArguments arguments)
    {
        using BackendUse use = backend.Enter();
        return TilesFor(arguments.Precision) is { } tiles && LstmTileKernel<TSimd, TVector>.TryRun(backend, tiles, arguments);
    }

    public override void LstmBackward(in LstmArguments arguments, in LstmGradients gradients)
    {
        using BackendUse use = backend.Enter();
        LstmKernel<TSimd, TVector>.Backward(backend, arguments, gradients);
    }

    public override void GruForward(in GruArguments arguments)
    {
        using BackendUse use = backend.Enter();
        GruKernel<TSimd, TVector>.Forward(backend, arguments);
    }

    public override void GruBackward(in GruArguments arguments, in GruGradients gradients)
    {
        using BackendUse use = backend.Enter();
        GruKernel<TSimd, TVector>.Backward(backend, arguments, gradients);
    }

    public override void RnnForward(in RnnArguments arguments)
    {
        using BackendUse use = backend.Enter();
        RnnKernel<TSimd, TVector>.Forward(backend, arguments);
    }

    public override void RnnBackward(in RnnArguments arguments)
    {
        using BackendUse use = backend.Enter();
        RnnKernel<TSimd, TVector>.Backward(backend, arguments);
    }

    public override void Dropout(DropoutMask mask, float* source, float* destination, long count, bool add)
    {
        using BackendUse use = backend.Enter();
        DropoutBody<TSimd, TVector> body = new(mask, source, destination, count, add);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void Gate(float* y, float* gate, float scale, long count)
    {
        using BackendUse use = backend.Enter();
        GateBody<TSimd, TVector> body = new(y, gate, scale, count);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void Elementwise(ElementwiseFunction function, float* a, float* b, float* y, long count, bool add)
    {
        using BackendUse use = backend.Enter();
        FunctionBody<TSimd, TVector> body = new(function, a, b, y, count, add);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void SoftmaxForward(float* x, float* y, int rows, int columns)
    {
        using BackendUse use = backend.Enter();
        SoftmaxKernel<TSimd, TVector>.Forward(backend, x, y, rows, columns);
    }

    public override void SoftmaxBackward(float* y, float* outputGradient, float* gradient, int rows, int columns, bool add)
    {
        using BackendUse use = backend.Enter();
        SoftmaxKernel<TSimd, TVector>.Backward(backend, y, outputGradient, gradient, rows, columns, add);
    }

    public override void MeanRowsForward(float* x, int* lengths, float* y, int times, int streams, int columns)
    {
        using BackendUse use = backend.Enter();
        MeanRowsBody<TSimd, TVector> body = new(x, lengths, y, times, streams, columns);
        backend.Team.Run(streams, ref body);
    }

    public override void MeanRowsBackward(float* outputGradient, int* lengths, float* gradient, int times, int streams, int columns, bool add)
    {
        using BackendUse use = backend.Enter();
        MeanRowsGradientBody<TSimd, TVector> body = new(outputGradient, lengths, gradient, times, streams, columns, add);
        backend.Team.Run(streams, ref body);
    }

    public override void AddRows(float* x, float* rows, float* y, int times, int streams, int columns)
    {
        using BackendUse use = backend.Enter();
        AddRowsBody<TSimd, TVector> body = new(x, rows, y, streams, columns);
        backend.Team.Run(times, ref body);
    }

    public override void SumStreams(float* x, float* rows, int times, int streams, int columns)
    {
        using BackendUse use = backend.Enter();
        SumStreamsBody<TSimd, TVector> body = new(x, rows, streams, columns);
        backend.Team.Run(times, ref body);
    }

    public override void Gelu(float* x, DropoutMask mask, float* y, long count)
    {
        using BackendUse use = backend.Enter();
        GeluBody<TSimd, TVector> body = new(y, x, mask, count, isBackward: false);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void GeluBackward(float* y, float* x, DropoutMask mask, long count)
    {
        using BackendUse use = backend.Enter();
        GeluBody<TSimd, TVector> body = new(y, x, mask, count, isBackward: true);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void GatedForward(GatingFunction function, float* x, float* y, int rows, int columns)
    {
        using BackendUse use = backend.Enter();
        GatedBody<TSimd, TVector> body = new(function, x, y, null, null, rows, columns, add: false);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void GatedBackward(GatingFunction function, float* x, float* outputGradient, float* gradient, int rows, int columns, bool add)
    {
        using BackendUse use = backend.Enter();
        GatedBody<TSimd, TVector> body = new(function, x, null, outputGradient, gradient, rows, columns, add);
        backend.Team.Run(body.Tasks, ref body);
    }

    public override void AddColumnSums(float* x, int rows, int columns, float* y)
    {
        using BackendUse use = backend.Enter();
        ReductionKernel<TSimd, TVector>.AddColumnSums(backend, x, rows, columns, y);
    }

    public override double SumOfSquares(float* x, float* scale, float epsilon, long count)
    {
        using BackendUse use = backend.Enter();
        return ReductionKernel<TSimd, TVector>.SumOfSquares(backend, x, scale, epsilon, count);
    }

    public override void AdamStep(in AdamArguments arguments)
    {
        using BackendUse use = backend.Enter();
        AdamKernel<TSimd, TVector>.Step(backend, arguments);
    }

    public override void SgdStep(in SgdArguments arguments)
    {
        using BackendUse use = backend.Enter();
        SgdKernel<TSimd, TVector>.Step(backend, arguments);
    }

    public override void AdagradStep(in AdagradArguments arguments)
    {
        using BackendUse use = backend.Enter();
        AdagradKernel<TSimd, TVector>.Step(backend, arguments);
    }

    public override void AnchoredStep(in AnchoredArguments arguments)
    {
        using BackendUse use = backend.Enter();
        AnchoredKernel<TSimd, TVector>.Step(backend, arguments);
    }

    public override void LambStep(in LambArguments arguments)
    {
        using BackendUse use = backend.Enter();
        LambKernel<TSimd, TVector>.Step(backend, arguments);
    }

    public override void MuonStep(MuonArguments[] matrices, int count)
    {
        using BackendUse use = backend.Enter();
        MuonKernel<TSimd, TVector, TMicro>.Step(backend, matrices, count);
    }

    /// <summary>By the size of a head alone, so that a stream has the same bits in any batch.</summary>
    private ITiles? UnitFor(in AttentionArguments arguments) => arguments.HeadSize >= Bfloat16Products.MinHeadSize ? TilesFor(arguments.Precision) : null;

    private ITiles? TilesFor(Precision precision) => precision == Precision.Bfloat16 ? backend.Tiles : null;
}
