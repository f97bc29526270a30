using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.LayerNorm;
using TransformerXL.Tensors.Cpu.Lstm;
using TransformerXL.Tensors.Cpu.Recurrent;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu;

/// <content>Fused layers on tensors.</content>
public sealed unsafe partial class CpuBackend
{
    internal override void LayerNormForward(in LayerNormTensors tensors)
    {
        Kernels.LayerNormForward(Arguments(tensors));
        KeepAlive(tensors);
    }

    internal override void LayerNormBackward(in LayerNormTensors tensors, in LayerNormTensorGradients gradients)
    {
        LayerNormGradients arguments = new()
        {
            Output = gradients.Output.Pointer,
            Input = gradients.Input.Pointer,
            Residual = gradients.Residual.Pointer,
            AddToInput = gradients.AddToInput,
            AddToResidual = gradients.AddToResidual,
            Gain = gradients.Gain.Pointer,
            Bias = gradients.Bias.Pointer,
        };
        Kernels.LayerNormBackward(Arguments(tensors), arguments);
        KeepAlive(tensors);
        KeepAlive(gradients.Output, gradients.Input, gradients.Residual);
        KeepAlive(gradients.Gain, gradients.Bias, default);
    }

    internal override void AttentionForward(in AttentionTensors tensors)
    {
        Kernels.AttentionForward(Arguments(tensors));
        KeepAlive(tensors);
    }

    internal override void AttentionBackward(in AttentionTensors tensors, in AttentionTensorGradients gradients)
    {
        int width = tensors.Queries.Shape.Columns, streams = tensors.Queries.Shape[1];
        float* keysValues = gradients.KeysValues.Pointer;
        AttentionGradients arguments = new()
        {
            Output = new HeadRows(gradients.Output.Pointer, streams * width, width),
            Query = new HeadRows(gradients.Queries.Pointer, streams * width, width),
            Key = new HeadRows(keysValues, streams * 2 * width, 2 * width),
            Value = new HeadRows(keysValues + width, streams * 2 * width, 2 * width),
            Relative = gradients.Relative.Pointer,
            ContentBias = gradients.ContentBias.Pointer,
            PositionBias = gradients.PositionBias.Pointer,
            DistanceBias = gradients.DistanceBias.Pointer,
            SegmentScores = gradients.SegmentScores.Pointer,
        };
        Kernels.AttentionBackward(Arguments(tensors), arguments);
        KeepAlive(tensors);
        KeepAlive(gradients.Output, gradients.Queries, gradients.KeysValues);
        KeepAlive(gradients.Relative, gradients.ContentBias, gradients.PositionBias);
        KeepAlive(gradients.DistanceBias, gradients.SegmentScores, default);
    }

    internal override void LstmGates(in LstmTensors step)
    {
        Kernels.LstmForward(Arguments(step));
        KeepAlive(step);
    }

    internal override void LstmStep(in LstmTensors step, Tensor packedWeight, Precision precision)
    {
        if (!TryLstmStep(step, packedWeight.Pointer, precision))
        {
            base.LstmStep(step, packedWeight, precision);
        }

        packedWeight.KeepAlive();
    }

    internal override void LstmStep(in LstmTensors step, PreparedWeight weight) => (weight as CpuPreparedWeight ?? throw Foreign(weight)).LstmStep(this, step);

    /// <summary>A time step in one job, if that is possible.</summary>
    internal bool TryLstmStep(in LstmTensors step, PackedWeight weight)
    {
        bool done = TryLstmStep(step, weight.Pointer, weight.Precision);
        GC.KeepAlive(weight);
        return done;
    }

    internal override void LstmStepBackward(Tensor gates, Tensor previousCell, Tensor cell, Tensor outputGradient, Tensor hiddenGradient, Tensor cellGradient)
    {
        LstmGradients gradients = new() { Output = outputGradient.Pointer, Hidden = hiddenGradient.Pointer, Cell = cellGradient.Pointer };
        Kernels.LstmBackward(Arguments(gates, previousCell, cell), gradients);
        KeepAlive(gates, previousCell, cell);
        KeepAlive(outputGradient, hiddenGradient, cellGradient);
    }

    internal override void GruStep(Tensor gates, Tensor recurrent, Tensor recurrentBias, Tensor previousHidden, Tensor candidate, Tensor hidden)
    {
        GruArguments arguments = new()
        {
            Streams = gates.Shape[1],
            Size = gates.Shape.Columns / 3,
            Gates = gates.Pointer,
            Recurrent = recurrent.Pointer,
            RecurrentBias = recurrentBias.Pointer,
            PreviousHidden = previousHidden.Pointer,
            Candidate = candidate.Pointer,
            Hidden = hidden.Pointer,
        };
        Kernels.GruForward(arguments);
        KeepAlive(gates, recurrent, recurrentBias);
        KeepAlive(previousHidden, candidate, hidden);
    }

    internal override void GruStepBackward(
        Tensor gates, Tensor recurrentGradient, Tensor previousHidden, Tensor candidate, Tensor outputGradient, Tensor hiddenGradient, Tensor carriedGradient)
    {
        GruArguments arguments = new()
        {
            Streams = gates.Shape[1],
            Size = gates.Shape.Columns / 3,
            Gates = gates.Pointer,
            Recurrent = recurrentGradient.Pointer,
            PreviousHidden = previousHidden.Pointer,
            Candidate = candidate.Pointer,
        };
        GruGradients gradients = new() { Output = outputGradient.Pointer, Hidden = hiddenGradient.Pointer, Carried = carriedGradient.Pointer };
        Kernels.GruBackward(arguments, gradients);
        KeepAlive(gates, recurrentGradient, previousHidden);
        KeepAlive(candidate, outputGradient, hiddenGradient);
        KeepAlive(carriedGradient, default, default);
    }

    internal override void RnnStep(Tensor gates, Tensor recurrent, Tensor hidden, bool rectifies)
    {
        Kernels.RnnForward(new RnnArguments { Count = hidden.Count, Rectifies = rectifies, Gates = gates.Pointer, Recurrent = recurrent.Pointer, Hidden = hidden.Pointer });
        KeepAlive(gates, recurrent, hidden);
    }

    internal override void RnnStepBackward(Tensor gates, Tensor hidden, Tensor outputGradient, Tensor hiddenGradient, bool rectifies)
    {
        Kernels.RnnBackward(new RnnArguments
        {
            Count = hidden.Count,
            Rectifies = rectifies,
            Gates = gates.Pointer,
            Hidden = hidden.Pointer,
            OutputGradient = outputGradient.Pointer,
            HiddenGradient = hiddenGradient.Pointer,
        });
        KeepAlive(gates, hidden, outputGradient);
        KeepAlive(hiddenGradient, default, default);
    }

    private static LstmArguments Arguments(Tensor gates, Tensor previousCell, Tensor cell) => new()
    {
        Streams = gates.Shape.Rows,
        Size = gates.Shape.Columns / 4,
        Gates = gates.Pointer,
        PreviousCell = previousCell.Pointer,
        Cell = cell.Pointer,
    };

    private static LstmArguments Arguments(in LstmTensors step)
    {
        LstmArguments arguments = Arguments(step.Gates, step.PreviousCell, step.Cell);
        arguments.Recurrent = step.Recurrent.Pointer;
        arguments.Hidden = step.Hidden.Pointer;
        return arguments;
    }

    private bool TryLstmStep(in LstmTensors step, float* packedWeight, Precision precision)
    {
        LstmArguments arguments = Arguments(step);
        arguments.PreviousHidden = step.PreviousHidden.Pointer;
        arguments.Width = step.PreviousHidden.Shape.Columns;
        arguments.Weight = (byte*)packedWeight;
        arguments.Precision = precision;
        bool done = Kernels.TryLstmStep(arguments);
        KeepAlive(step);
        return done;
    }

    private static void KeepAlive(in LstmTensors step)
    {
        KeepAlive(step.PreviousHidden, step.Gates, step.Recurrent);
        KeepAlive(step.PreviousCell, step.Cell, step.Hidden);
    }

    private static LayerNormArguments Arguments(in LayerNormTensors tensors)
    {
        int rows = tensors.Input.Shape.Rows;
        return new LayerNormArguments
        {
            Rows = rows,
            Columns = tensors.Input.Shape.Columns,
            Input = tensors.Input.Pointer,
            Residual = tensors.Residual.Pointer,
            Dropout = tensors.Dropout,
            Epsilon = tensors.Epsilon,
            Gain = tensors.Gain.Pointer,
            Bias = tensors.Bias.Pointer,
            Sum = tensors.Sum.Pointer,
            Mean = tensors.Statistics.Pointer,
            InverseDeviation = tensors.Statistics.Pointer + rows,
            Output = tensors.Output.Pointer,
        };
    }

    private static AttentionArguments Arguments(in AttentionTensors tensors)
    {
        int width = tensors.Queries.Shape.Columns, streams = tensors.Queries.Shape[1];
        float* keysValues = tensors.KeysValues.Pointer;
        return new AttentionArguments
        {
            Queries = tensors.Queries.Shape[0],
            Keys = tensors.KeysValues.Shape[0],
            Streams = streams,
            Heads = tensors.Heads,
            HeadSize = width / tensors.Heads,
            Visibility = tensors.Visibility,
            Precision = tensors.Precision,
            Query = new HeadRows(tensors.Queries.Pointer, streams * width, width),
            Key = new HeadRows(keysValues, streams * 2 * width, 2 * width),
            Value = new HeadRows(keysValues + width, streams * 2 * width, 2 * width),
            Output = new HeadRows(tensors.Output.Pointer, streams * width, width),
            Relative = new HeadRows(tensors.Relative.Pointer, width, 0),
            ContentBias = tensors.ContentBias.Pointer,
            PositionBias = tensors.PositionBias.Pointer,
            DistanceBias = tensors.DistanceBias.Pointer,
            SegmentScores = tensors.SegmentScores.Pointer,
            Segments = tensors.Segments,
            LogSumExp = tensors.LogSumExp.Pointer,
            Dropout = tensors.Dropout,
        };
    }

    private static void KeepAlive(in LayerNormTensors tensors)
    {
        KeepAlive(tensors.Input, tensors.Residual, tensors.Output);
        KeepAlive(tensors.Gain, tensors.Bias, tensors.Sum);
        tensors.Statistics.KeepAlive();
    }

    private static void KeepAlive(in AttentionTensors tensors)
    {
        KeepAlive(tensors.Queries, tensors.KeysValues, tensors.Output);
        KeepAlive(tensors.Relative, tensors.ContentBias, tensors.PositionBias);
        KeepAlive(tensors.DistanceBias, tensors.LogSumExp, tensors.SegmentScores);
    }
}
