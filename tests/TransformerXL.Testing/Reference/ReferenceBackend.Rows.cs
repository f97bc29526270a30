using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Reference;

/// <content>Rows by number, and the cross-entropy of rows.</content>
public sealed partial class ReferenceBackend
{
    internal override void GatherRows(Tensor table, IndexTensor rows, float scale, DropoutMask dropout, Tensor output)
    {
        DropoutOracle mask = Oracle(dropout);
        int columns = table.Shape.Columns;
        for (int i = 0; i < rows.Count * columns; i++)
        {
            output.Span[i] = (float)mask.Apply(scale * table.Span[(rows.Span[i / columns] * columns) + (i % columns)], i);
        }
    }

    internal override void GatherRowsBackward(Tensor outputGradient, IndexTensor rows, float scale, DropoutMask dropout, Tensor tableGradient)
    {
        DropoutOracle mask = Oracle(dropout);
        int columns = tableGradient.Shape.Columns;
        for (int i = 0; i < rows.Count * columns; i++)
        {
            tableGradient.Span[(rows.Span[i / columns] * columns) + (i % columns)] += (float)(scale * mask.Apply(outputGradient.Span[i], i));
        }
    }

    internal override void ScatterRows(Tensor input, IndexTensor positions, float scale, DropoutMask dropout, Tensor output)
    {
        DropoutOracle mask = Oracle(dropout);
        int columns = input.Shape.Columns;
        for (int i = 0; i < positions.Count * columns; i++)
        {
            int place = (positions.Span[i / columns] * columns) + (i % columns);
            output.Span[place] = (float)mask.Apply(scale * input.Span[i], place);
        }
    }

    internal override void ScatterRowsBackward(Tensor outputGradient, IndexTensor positions, float scale, DropoutMask dropout, Tensor inputGradient)
    {
        DropoutOracle mask = Oracle(dropout);
        int columns = inputGradient.Shape.Columns;
        for (int i = 0; i < positions.Count * columns; i++)
        {
            int place = (positions.Span[i / columns] * columns) + (i % columns);
            inputGradient.Span[i] += (float)(scale * mask.Apply(outputGradient.Span[place], place));
        }
    }

    internal override void CrossEntropyAccumulate(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics)
    {
        int rows = logits.Shape[0], columns = logits.Shape[1];
        Span<float> maximum = statistics.Span[..rows], sum = statistics.Span.Slice(rows, rows), target = statistics.Span.Slice(2 * rows, rows);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> tile = logits.Span.Slice(row * columns, columns);
            float before = firstToken == 0 ? float.NegativeInfinity : maximum[row];
            double total = firstToken == 0 ? 0 : sum[row];
            maximum[row] = before;
            foreach (float logit in tile)
            {
                maximum[row] = Math.Max(maximum[row], logit);
            }

            total *= firstToken == 0 ? 0 : Math.Exp((double)before - maximum[row]);
            foreach (float logit in tile)
            {
                total += Math.Exp((double)logit - maximum[row]);
            }

            sum[row] = (float)total;
            int column = targets.Span[row] - firstToken;
            if (column >= 0 && column < columns)
            {
                target[row] = tile[column];
            }
        }
    }

    internal override void CrossEntropyGradient(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics, float scale)
    {
        int rows = logits.Shape[0], columns = logits.Shape[1];
        for (int i = 0; i < rows * columns; i++)
        {
            int row = i / columns, token = firstToken + (i % columns);
            double probability = Math.Exp((double)logits.Span[i] - statistics.Span[row]) / statistics.Span[rows + row];
            logits.Span[i] = (float)(scale * (probability - (token == targets.Span[row] ? 1 : 0)));
        }
    }
}
