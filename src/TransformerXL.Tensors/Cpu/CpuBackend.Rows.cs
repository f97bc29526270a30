using TransformerXL.Tensors.Cpu.CrossEntropy;
using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Cpu.ScatterRows;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <content>Rows by number, and the cross-entropy of rows.</content>
public sealed unsafe partial class CpuBackend
{
    internal override void GatherRows(Tensor table, IndexTensor rows, float scale, DropoutMask dropout, Tensor output)
    {
        EmbeddingArguments arguments = new()
        {
            Rows = rows.Count,
            Columns = table.Shape.Columns,
            Ids = rows.Pointer,
            Table = table.IsBfloat16 ? null : table.Pointer,
            Bfloat16Table = table.Bfloat16Pointer,
            Scale = scale,
            Dropout = dropout,
        };
        Kernels.EmbeddingForward(arguments, output.Pointer);
        KeepAlive(table, output, default);
        rows.KeepAlive();
    }

    internal override void GatherRowsBackward(Tensor outputGradient, IndexTensor rows, float scale, DropoutMask dropout, Tensor tableGradient)
    {
        EmbeddingArguments arguments = new() { Rows = rows.Count, Columns = tableGradient.Shape.Columns, Ids = rows.Pointer, Scale = scale, Dropout = dropout };
        Kernels.EmbeddingBackward(arguments, outputGradient.Pointer, tableGradient.Pointer);
        KeepAlive(outputGradient, tableGradient, default);
        rows.KeepAlive();
    }

    internal override void ScatterRows(Tensor input, IndexTensor positions, float scale, DropoutMask dropout, Tensor output)
    {
        ScatterRowsArguments arguments = Scatter(input, positions, scale, dropout);
        Kernels.ScatterRowsForward(arguments, input.Pointer, output.Pointer);
        KeepAlive(input, output, default);
        positions.KeepAlive();
    }

    internal override void ScatterRowsBackward(Tensor outputGradient, IndexTensor positions, float scale, DropoutMask dropout, Tensor inputGradient)
    {
        ScatterRowsArguments arguments = Scatter(inputGradient, positions, scale, dropout);
        Kernels.ScatterRowsBackward(arguments, outputGradient.Pointer, inputGradient.Pointer);
        KeepAlive(outputGradient, inputGradient, default);
        positions.KeepAlive();
    }

    internal override void CrossEntropyAccumulate(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics)
    {
        LogitTile tile = Tile(logits, firstToken, targets, statistics);
        Kernels.CrossEntropyAccumulate(tile);
        KeepAlive(logits, statistics, default);
        targets.KeepAlive();
    }

    internal override void CrossEntropyGradient(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics, float scale)
    {
        LogitTile tile = Tile(logits, firstToken, targets, statistics);
        Kernels.CrossEntropyGradient(tile, scale);
        KeepAlive(logits, statistics, default);
        targets.KeepAlive();
    }

    private static ScatterRowsArguments Scatter(Tensor input, IndexTensor positions, float scale, DropoutMask dropout) => new()
    {
        Rows = positions.Count,
        Columns = input.Shape.Columns,
        Positions = positions.Pointer,
        Scale = scale,
        Dropout = dropout,
    };

    private static LogitTile Tile(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics)
    {
        nint rows = logits.Shape[0];
        float* first = statistics.Pointer;
        return new LogitTile
        {
            Rows = (int)rows,
            Columns = logits.Shape[1],
            FirstToken = firstToken,
            Logits = logits.Pointer,
            Targets = targets.Pointer,
            Maximum = first,
            Sum = first + rows,
            TargetLogit = first + (2 * rows),
        };
    }
}
