using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>The differentiable operations for models.</summary>
public static partial class TapeOperations
{
    /// <summary>dropout(scale * E[id]): <paramref name="table"/> (V, D) and ids laid out as <paramref name="rows"/> give rows of D.</summary>
    public static Variable Embedding(this Tape tape, Variable table, IndexTensor ids, Shape rows, float scale = 1, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<EmbeddingOperation>().Forward(tape, table, ids, rows, scale, dropout);
    }

    /// <summary>x W^T + b: (..., in) and weight (out, in) give (..., out). With <paramref name="transposed"/> the weight is (in, out).</summary>
    public static Variable Linear(this Tape tape, Variable input, Variable weight, Variable? bias = null, bool transposed = false)
    {
        using BackendUse use = tape.Backend.Enter();
        return Prepared(tape, weight, transposed) is { } prepared
            ? Multiply(tape, prepared, input, bias, Activation.None)
            : tape.Rent<LinearOperation>().Forward(tape, input, weight, bias, transposed, Activation.None, dropout: 0);
    }

    /// <summary>x W^T + b in given memory, on a tape that only evaluates: a value that is computed by parts.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">b: (out), or null.</param>
    /// <param name="output">(..., out), overwritten.</param>
    /// <exception cref="InvalidOperationException">The tape can differentiate.</exception>
    public static void LinearInto(this Tape tape, Variable input, Parameter weight, Parameter? bias, Tensor output)
    {
        using BackendUse use = tape.Backend.Enter();
        PreparedWeight prepared = tape.Prepared(weight) ?? throw new InvalidOperationException("a tape that can differentiate keeps its values in memory of its own");
        tape.Backend.Linear(input.Value, prepared, bias?.Value ?? default, output, Activation.None, Products(tape));
    }

    /// <summary>x W^T in float32, whatever the precision of a tape that only evaluates.</summary>
    public static Variable ExactLinear(this Tape tape, Variable input, Parameter weight)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Weights is { } weights
            ? Multiply(tape, weights.ExactOf(weight, tape.Backend), input, null, Activation.None)
            : tape.Linear(input, weight);
    }

    /// <summary>dropout(ReLU(x W^T + b)): (..., in) and weight (out, in) give (..., out).</summary>
    public static Variable LinearRelu(this Tape tape, Variable input, Variable weight, Variable? bias, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return Prepared(tape, weight) is { } prepared
            ? Multiply(tape, prepared, input, bias, Activation.Relu)
            : tape.Rent<LinearOperation>().Forward(tape, input, weight, bias, transposed: false, Activation.Relu, dropout);
    }

    /// <summary>dropout(GELU(x W^T + b)), GELU(x) = x Φ(x): (..., in) and weight (out, in) give (..., out).</summary>
    public static Variable LinearGelu(this Tape tape, Variable input, Variable weight, Variable? bias, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return Prepared(tape, weight) is { } prepared
            ? Multiply(tape, prepared, input, bias, Activation.Gelu)
            : tape.Rent<LinearOperation>().Forward(tape, input, weight, bias, transposed: false, Activation.Gelu, dropout);
    }

    /// <summary>dropout(SiLU(u) v), SiLU(x) = x sigmoid(x), for rows of u beside v: with a linear map before it SwiGLU (Shazeer 2020).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">u beside v: (..., 2 D).</param>
    /// <param name="dropout">The probability that a value becomes zero.</param>
    /// <returns>(..., D).</returns>
    /// <exception cref="ArgumentException">The rows cannot be divided in halves.</exception>
    public static Variable SwiGlu(this Tape tape, Variable input, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<GatedOperation>().Forward(tape, input, GatingFunction.Silu, dropout);
    }

    /// <summary>dropout(GELU(u) v), GELU(x) = x Φ(x), for rows of u beside v: with a linear map before it GEGLU (Shazeer 2020).</summary>
    /// <inheritdoc cref="SwiGlu"/>
    public static Variable GeGlu(this Tape tape, Variable input, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<GatedOperation>().Forward(tape, input, GatingFunction.Gelu, dropout);
    }

    /// <summary>LayerNorm(residual + dropout(x)) over the last axis: gain (s - mean) / sqrt(variance + epsilon) + bias (Ba, Kiros, Hinton 2016).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (..., d).</param>
    /// <param name="residual">(..., d), or null.</param>
    /// <param name="gain">(d).</param>
    /// <param name="bias">(d).</param>
    /// <param name="dropout">The probability that a value of x becomes zero.</param>
    /// <param name="overwrite">Whether the sum may overwrite x to save memory: only if nothing else reads x, as for the output of a linear map without activation.</param>
    /// <param name="epsilon">What is added to the variance, above 0.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or epsilon is not above 0.</exception>
    public static Variable LayerNorm(
        this Tape tape, Variable input, Variable? residual, Variable gain, Variable bias, float dropout = 0, bool overwrite = false, float epsilon = 1e-5f)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Weights is null
            ? tape.Rent<LayerNormOperation>().Forward(tape, input, residual, gain, bias, dropout, overwrite, epsilon)
            : LayerNormOperation.Evaluate(tape, input, residual, gain, bias, overwrite, epsilon);
    }

    /// <summary>residual + dropout(x).</summary>
    public static Variable AddResidual(this Tape tape, Variable input, Variable residual, float dropout = 0)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ResidualOperation>().Forward(tape, input, residual, dropout);
    }

    /// <summary>dropout(x); x itself unless training.</summary>
    public static Variable Dropout(this Tape tape, Variable input, float dropout)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Weights is not null
            ? input
            : tape.Rent<ResidualOperation>().Forward(tape, input, null, dropout);
    }

    /// <summary>[SG(memory); x] along time: (M, B, D) and (L, B, D) give (M + L, B, D). An empty memory has no rows.</summary>
    public static Variable Concatenate(this Tape tape, Tensor memory, Variable input)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Concatenate(memory.IsEmpty ? null : tape.Constant(memory), input);
    }

    /// <summary>[memory; x] along time: (M, B, D) and (L, B, D) give (M + L, B, D); x alone without a memory.</summary>
    public static Variable Concatenate(this Tape tape, Variable? memory, Variable input)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ConcatenateOperation>().Forward(tape, memory, input);
    }

    /// <summary>The last <paramref name="rows"/> rows along time; a view of them on a tape that only evaluates.</summary>
    public static Variable LastRows(this Tape tape, Variable input, int rows)
    {
        using BackendUse use = tape.Backend.Enter();
        if (tape.Weights is null)
        {
            return tape.Rent<LastRowsOperation>().Forward(tape, input, rows);
        }

        return rows == input.Shape[0] ? input : tape.Constant(input.Value.Slice(input.Shape[0] - rows, rows));
    }

    /// <summary>The rows of an input (..., D) that <paramref name="rows"/> names, in its order: (N, D). A row may occur several times.</summary>
    /// <exception cref="ArgumentException">A row is outside the input.</exception>
    public static Variable GatherRows(this Tape tape, Variable input, IndexTensor rows)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<GatherRowsOperation>().Forward(tape, input, rows);
    }

    /// <summary>
    /// (rows..., D) from parts (N_p, D): row <c>positions[p][n]</c> is dropout(scale * parts[p][n]). Every row of the result is
    /// given exactly once.
    /// </summary>
    /// <exception cref="ArgumentException">Shapes do not fit, a row is given twice, or a position is outside the result.</exception>
    public static Variable ScatterRows(
        this Tape tape, Shape rows, ReadOnlySpan<Variable> parts, ReadOnlySpan<IndexTensor> positions, float scale, float dropout)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<ScatterRowsOperation>().Forward(tape, rows, parts, positions, scale, dropout);
    }

    /// <summary>Queries (L, B, H d_h) of the last rows and keys with values (M + L, B, 2 H d_h) of all rows of the input.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">(M + L, B, d).</param>
    /// <param name="weight">[Wq; Wk; Wv]: (3 H d_h, d).</param>
    /// <param name="memoryRows">M.</param>
    /// <param name="memoryGradient">Whether the rows of the memory need a gradient, because there are parameters between the memory and this input.</param>
    public static (Variable Queries, Variable KeysValues) QueryKeyValue(
        this Tape tape, Variable input, Variable weight, int memoryRows, bool memoryGradient)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<QueryKeyValueOperation>().Forward(tape, input, weight, memoryRows, memoryGradient);
    }

    /// <summary>x_tb + row_t for every stream b: (T, B, D) and (T, D) give (T, B, D).</summary>
    public static Variable AddRows(this Tape tape, Variable input, Variable rows)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<AddRowsOperation>().Forward(tape, input, rows);
    }

    /// <summary>
    /// The last rows of the part [first, first + rows) of a table, its first row repeated in front if more are needed:
    /// row p is table row max(first, first + rows - count + p). The table is seen as rows of <paramref name="shape"/>.
    /// </summary>
    public static Variable TableRows(this Tape tape, Variable table, int first, int rows, Shape shape)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<TableRowsOperation>().Forward(tape, table, first, rows, shape);
    }

    /// <inheritdoc cref="LstmOperation"/>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, B, I).</param>
    /// <param name="hidden">h_0: (B, H); no gradient flows to it.</param>
    /// <param name="cell">c_0: (B, H); no gradient flows to it.</param>
    /// <param name="inputWeight">W_ih: (4H, I).</param>
    /// <param name="recurrentWeight">W_hh: (4H, H).</param>
    /// <param name="inputBias">b_ih: (4H).</param>
    /// <param name="recurrentBias">b_hh: (4H).</param>
    /// <returns>h (T, B, H), and the state after the last token, h_T and c_T (B, H), until the next step begins.</returns>
    public static (Variable Hidden, Tensor FinalHidden, Tensor FinalCell) Lstm(
        this Tape tape, Variable input, Tensor hidden, Tensor cell, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias)
    {
        using BackendUse use = tape.Backend.Enter();
        return PreparedCells(tape, inputWeight) is { } preparedInput && PreparedCells(tape, recurrentWeight) is { } preparedRecurrent
            ? LstmInference.Forward(tape, input, hidden, cell, preparedInput, preparedRecurrent, inputBias.Value, recurrentBias.Value)
            : tape.Rent<LstmOperation>().Forward(tape, input, hidden, cell, inputWeight, recurrentWeight, inputBias, recurrentBias);
    }

    /// <inheritdoc cref="ProjectedLstmOperation"/>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, B, I).</param>
    /// <param name="hidden">h_0: (B, P); no gradient flows to it.</param>
    /// <param name="cell">c_0: (B, H); no gradient flows to it.</param>
    /// <param name="inputWeight">W_ih: (4H, I).</param>
    /// <param name="recurrentWeight">W_hh: (4H, P).</param>
    /// <param name="inputBias">b_ih: (4H).</param>
    /// <param name="recurrentBias">b_hh: (4H).</param>
    /// <param name="projection">W_hr: (P, H).</param>
    /// <returns>h (T, B, P), and the state after the last token, h_T (B, P) and c_T (B, H), until the next step begins.</returns>
    public static (Variable Hidden, Tensor FinalHidden, Tensor FinalCell) ProjectedLstm(
        this Tape tape, Variable input, Tensor hidden, Tensor cell, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias, Variable projection)
    {
        using BackendUse use = tape.Backend.Enter();
        return PreparedCells(tape, inputWeight) is { } preparedInput && PreparedCells(tape, recurrentWeight) is { } preparedRecurrent && PreparedCells(tape, projection) is { } preparedProjection
            ? LstmInference.Forward(tape, input, hidden, cell, preparedInput, preparedRecurrent, inputBias.Value, recurrentBias.Value, preparedProjection)
            : tape.Rent<ProjectedLstmOperation>().Forward(tape, input, hidden, cell, inputWeight, recurrentWeight, inputBias, recurrentBias, projection);
    }

    /// <inheritdoc cref="GruOperation"/>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, B, I).</param>
    /// <param name="hidden">h_0: (B, H); no gradient flows to it.</param>
    /// <param name="inputWeight">W_ih: (3H, I), the thirds in the order r, z, n.</param>
    /// <param name="recurrentWeight">W_hh: (3H, H).</param>
    /// <param name="inputBias">b_ih: (3H).</param>
    /// <param name="recurrentBias">b_hh: (3H).</param>
    /// <returns>h (T, B, H), and the state after the last token (B, H), until the next step begins.</returns>
    public static (Variable Hidden, Tensor FinalHidden) Gru(
        this Tape tape, Variable input, Tensor hidden, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias)
    {
        using BackendUse use = tape.Backend.Enter();
        return PreparedCells(tape, inputWeight) is { } preparedInput && PreparedCells(tape, recurrentWeight) is { } preparedRecurrent
            ? GruOperation.Evaluate(tape, input, hidden, preparedInput, preparedRecurrent, inputBias.Value, recurrentBias.Value)
            : tape.Rent<GruOperation>().Forward(tape, input, hidden, inputWeight, recurrentWeight, inputBias, recurrentBias);
    }

    /// <inheritdoc cref="RnnOperation"/>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (T, B, I).</param>
    /// <param name="hidden">h_0: (B, H); no gradient flows to it.</param>
    /// <param name="inputWeight">W_ih: (H, I).</param>
    /// <param name="recurrentWeight">W_hh: (H, H).</param>
    /// <param name="inputBias">b_ih: (H).</param>
    /// <param name="recurrentBias">b_hh: (H).</param>
    /// <param name="rectifies">Whether f is max(x, 0), in the place of tanh.</param>
    /// <returns>h (T, B, H), and the state after the last token (B, H), until the next step begins.</returns>
    public static (Variable Hidden, Tensor FinalHidden) Rnn(
        this Tape tape, Variable input, Tensor hidden, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias, bool rectifies = false)
    {
        using BackendUse use = tape.Backend.Enter();
        return PreparedCells(tape, inputWeight) is { } preparedInput && PreparedCells(tape, recurrentWeight) is { } preparedRecurrent
            ? RnnOperation.Evaluate(tape, input, hidden, preparedInput, preparedRecurrent, inputBias.Value, recurrentBias.Value, rectifies)
            : tape.Rent<RnnOperation>().Forward(tape, input, hidden, inputWeight, recurrentWeight, inputBias, recurrentBias, rectifies);
    }

    /// <summary>Mean nll of the targets in nats: one number. <paramref name="perToken"/>, if not empty, receives that of each row.</summary>
    public static Variable CrossEntropy(this Tape tape, Variable input, Variable weight, Variable? bias, IndexTensor targets, Tensor perToken = default)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.CrossEntropy(input, new SoftmaxPart(weight, bias, 0, weight.Shape[0]), null, targets, input.Shape.Rows, perToken);
    }

    /// <summary>The sum over all rows of -log softmax([x Wa^T + ba, x Wb^T + bb])[target] in nats, over a divisor: one number.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">x: (..., D), at least one row.</param>
    /// <param name="first">Wa and ba.</param>
    /// <param name="second">Wb and bb, whose columns follow those of <paramref name="first"/>; null if there are none.</param>
    /// <param name="targets">A column for each row.</param>
    /// <param name="divisor">The divisor of the sum, so that several sums add up to one mean.</param>
    /// <param name="perToken">If not empty, receives the nll of each row, undivided.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a target is outside the columns.</exception>
    public static Variable CrossEntropy(
        this Tape tape, Variable input, SoftmaxPart first, SoftmaxPart? second, IndexTensor targets, int divisor, Tensor perToken = default)
    {
        using BackendUse use = tape.Backend.Enter();
        return tape.Rent<CrossEntropyOperation>().Forward(tape, input, first, second, targets, divisor, perToken);
    }

    /// <summary>The prepared form of the weight of a layer of recurrent cells.</summary>
    private static PreparedWeight? PreparedCells(Tape tape, Variable weight) =>
        !tape.AsInTraining && weight is Parameter parameter ? tape.Prepared(parameter) : null;

    /// <summary>The prepared form of a weight on a tape that only evaluates, or null.</summary>
    private static PreparedWeight? Prepared(Tape tape, Variable weight, bool transposed = false) =>
        !transposed && weight is Parameter parameter ? tape.Prepared(parameter) : null;

    private static Variable Multiply(Tape tape, PreparedWeight weight, Variable input, Variable? bias, Activation activation)
    {
        Variable output = tape.NewVariable(input.Shape.WithLast(weight.Outputs), requiresGradient: false);
        tape.Backend.Linear(input.Value, weight, bias?.Value ?? default, output.Value, activation, Products(tape));
        return output;
    }

    private static RowProducts Products(Tape tape) => tape.AsInTraining ? RowProducts.InBlocks : tape.RowsAlone ? RowProducts.Alone : RowProducts.ByCount;
}
