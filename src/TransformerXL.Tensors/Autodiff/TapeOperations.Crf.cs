using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Conditional random fields.</content>
public static partial class TapeOperations
{
    /// <inheritdoc cref="CrfLossOperation" path="/summary"/>
    /// <param name="tape">The tape.</param>
    /// <param name="emissions">z: (N, C), the elements of all sequences, one sequence after the other.</param>
    /// <param name="transitions">A: (C, C), the score of each label (column) after another (row).</param>
    /// <param name="start">The score of each first label: (C).</param>
    /// <param name="end">The score of each last label: (C).</param>
    /// <param name="targets">The label of each element: (N), from 0 to C - 1.</param>
    /// <param name="lengths">The number of elements of each sequence, from 0 on; their sum is N.</param>
    /// <returns>One number, in nats per element.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a target is no label.</exception>
    public static Variable CrfLoss(
        this Tape tape, Variable emissions, Variable transitions, Variable start, Variable end, IndexTensor targets, IndexTensor lengths)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<CrfLossOperation>().Forward(tape, emissions, transitions, start, end, targets, lengths);
    }

    /// <summary>The probability of each label at each element under a conditional random field (<see cref="CrfLoss"/>), by the forward-backward algorithm. Nothing is recorded.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="emissions">z: (N, C), the elements of all sequences, one sequence after the other.</param>
    /// <param name="transitions">A: (C, C); negative infinity forbids a transition.</param>
    /// <param name="start">The score of each first label: (C); negative infinity forbids it.</param>
    /// <param name="end">The score of each last label: (C); negative infinity forbids it.</param>
    /// <param name="lengths">The number of elements of each sequence, from 0 on; their sum is N.</param>
    /// <param name="logPartitions">Takes for each sequence the logarithm of the sum over all label sequences of exp(score), if not empty.</param>
    /// <returns>(N, C), until the next step begins.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor CrfMarginals(
        this Tape tape, Tensor emissions, Tensor transitions, Tensor start, Tensor end, IndexTensor lengths, Span<double> logPartitions = default)
    {
        using BackendUse use = tape.Backend.Enter();
        CrfLossOperation.CheckShapes(emissions.Shape, transitions.Shape, start.Shape, end.Shape, lengths.Span);
        CrfSums sums = new();
        sums.Forward(tape, emissions, transitions, start, end, lengths.Span);
        sums.Backward();
        Tensor marginals = tape.Allocate(emissions.Shape);
        int labels = emissions.Shape.Columns;
        for (int step = 0; step < sums.Layout.Steps; step++)
        {
            for (int slot = 0; slot < sums.Layout.CountAt(step); slot++)
            {
                Span<float> row = marginals.Span.Slice(sums.Layout.ElementAt(step, slot) * labels, labels);
                for (int label = 0; label < labels; label++)
                {
                    row[label] = (float)sums.Marginal(sums.Layout.StartOf(step) + slot, label);
                }
            }
        }

        for (int slot = 0; slot < lengths.Count && !logPartitions.IsEmpty; slot++)
        {
            logPartitions[sums.Layout.SequenceAt(slot)] = sums.LogPartition(slot);
        }

        return marginals;
    }
}
