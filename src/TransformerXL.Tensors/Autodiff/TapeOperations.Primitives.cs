using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Primitives for computations without a fused operation.</content>
public static partial class TapeOperations
{
    /// <summary>y = a + b, element by element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="first">a: any shape.</param>
    /// <param name="second">b: of the same shape.</param>
    /// <returns>Of the same shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Variable Add(this Tape tape, Variable first, Variable second)
    {
        using BackendUse use = tape.Backend.Enter();
        Check.Shape("add", "the shape of the second term", second.Shape, first.Shape);
        return tape.AddResidual(second, first);
    }

    /// <summary>y = a b, element by element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="first">a: any shape.</param>
    /// <param name="second">b: of the same shape.</param>
    /// <returns>Of the same shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Variable Multiply(this Tape tape, Variable first, Variable second)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<MultiplyOperation>().Forward(tape, first, second);
    }

    /// <summary>y = tanh x, element by element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: any shape.</param>
    /// <returns>Of the same shape.</returns>
    public static Variable Tanh(this Tape tape, Variable input)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ActivationOperation>().Forward(tape, input, ElementwiseFunction.Tanh);
    }

    /// <summary>y = 1 / (1 + exp(-x)), element by element.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: any shape.</param>
    /// <returns>Of the same shape.</returns>
    public static Variable Sigmoid(this Tape tape, Variable input)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ActivationOperation>().Forward(tape, input, ElementwiseFunction.Sigmoid);
    }

    /// <summary>y_i = exp(x_i) / sum over j of exp(x_j), i and j along the last axis.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (..., D).</param>
    /// <returns>(..., D).</returns>
    public static Variable Softmax(this Tape tape, Variable input)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<SoftmaxOperation>().Forward(tape, input);
    }

    /// <summary>y = A B, in the precision of the tape.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="first">A: (..., K).</param>
    /// <param name="second">B: (K, N).</param>
    /// <returns>(..., N).</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Variable MatrixProduct(this Tape tape, Variable first, Variable second)
    {
        using BackendUse use = tape.Backend.Enter();
        Check.Equal("matrix product", "the number of axes of the second matrix", second.Shape.Rank, 2);
        Check.Equal("matrix product", "the columns of the first matrix", first.Shape.Columns, second.Shape[0]);
        return tape.Linear(first, second, transposed: true);
    }

    /// <summary>Several values one after the other along time.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="parts">(T_p, ...), equal in all axes except the first.</param>
    /// <returns>(The sum of all T_p, ...).</returns>
    /// <exception cref="ArgumentException">There is no part, or the shapes do not fit.</exception>
    public static Variable Concatenate(this Tape tape, params ReadOnlySpan<Variable> parts)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<JoinOperation>().Forward(tape, parts);
    }

    /// <summary>y_t = x_(T - 1 - t): the last row along time first, or each stream's last row first.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, ...), or (T, B, ...) with lengths.</param>
    /// <param name="lengths">n_b for each stream, from 0 to T; T for all if empty. Rows behind the end of a stream stay where they are.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a length is outside the input.</exception>
    public static Variable ReverseRows(this Tape tape, Variable input, IndexTensor lengths = default)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ReverseRowsOperation>().Forward(tape, input, lengths);
    }

    /// <summary>Rows side by side: (..., D) and (..., E) give (..., D + E).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="first">The first D columns.</param>
    /// <param name="second">The other E columns.</param>
    /// <exception cref="ArgumentException">The shapes differ in another axis than the last.</exception>
    public static Variable Beside(this Tape tape, Variable first, Variable second)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<BesideOperation>().Forward(tape, first, second);
    }

    /// <summary>y_b = (1 / n_b) sum over t below n_b of x_tb: the mean over time of each stream.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, B, D).</param>
    /// <param name="lengths">n_b for each stream, from 0 to T; T for all if empty. A stream of length 0 gives zero.</param>
    /// <returns>(B, D).</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a length is outside the input.</exception>
    public static Variable MeanRows(this Tape tape, Variable input, IndexTensor lengths = default)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<MeanRowsOperation>().Forward(tape, input, lengths);
    }
}
