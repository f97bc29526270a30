using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Losses and pooling of heads.</content>
public static partial class TapeOperations
{
    /// <inheritdoc cref="ClassLossOperation" path="/summary"/>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">z: (N, C).</param>
    /// <param name="targets">t: (N); a negative one does not count.</param>
    /// <param name="weights">w: (C); 1 for each class if empty.</param>
    /// <param name="smoothing">s: from 0 to below 1.</param>
    /// <returns>One number, in nats.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a target is not a class.</exception>
    public static Variable ClassLoss(this Tape tape, Variable logits, IndexTensor targets, Tensor weights = default, float smoothing = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ClassLossOperation>().Forward(tape, logits, targets, weights, smoothing);
    }

    /// <inheritdoc cref="BinaryLossOperation" path="/summary"/>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">z: (N, C).</param>
    /// <param name="targets">y: (N, C).</param>
    /// <param name="weights">w: (C); 1 for each column if empty.</param>
    /// <returns>One number, in nats.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Variable BinaryLoss(this Tape tape, Variable logits, Tensor targets, Tensor weights = default)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<BinaryLossOperation>().Forward(tape, logits, targets, weights);
    }

    /// <inheritdoc cref="SquaredLossOperation" path="/summary"/>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: any shape.</param>
    /// <param name="targets">y: of the same shape.</param>
    /// <returns>One number.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Variable SquaredLoss(this Tape tape, Variable input, Tensor targets)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<SquaredLossOperation>().Forward(tape, input, targets);
    }

    /// <inheritdoc cref="SpanLossOperation" path="/summary"/>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">z: (T, B, C).</param>
    /// <param name="allowed">(T, B): 1 for tokens that may be chosen, else 0.</param>
    /// <param name="targets">(C, B): tokens from 0 to T - 1.</param>
    /// <returns>One number, in nats.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a target may not be chosen.</exception>
    public static Variable SpanLoss(this Tape tape, Variable logits, IndexTensor allowed, IndexTensor targets)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<SpanLossOperation>().Forward(tape, logits, allowed, targets);
    }

    /// <summary>y_b = max over t below n_b of x_tb: the largest value over time of each stream, element by element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, B, D).</param>
    /// <param name="lengths">n_b for each stream, from 0 to T; T for all if empty. A stream of length 0 gives zero.</param>
    /// <returns>(B, D).</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a length is outside the input.</exception>
    public static Variable MaxRows(this Tape tape, Variable input, IndexTensor lengths = default)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<MaxRowsOperation>().Forward(tape, input, lengths);
    }
}
