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

/// <summary>The kernels of one vector width.</summary>
internal sealed unsafe class VectorKernelSet<TSimd, TVector, TMicro>(CpuBackend backend) : KernelSet
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
