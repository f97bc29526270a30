using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>The differentiable operations, as a model writes them.</summary>
public static class TapeOperations
{
    /// <summary>dropout(scale * E[id]): <paramref name="table"/> (V, D) and ids laid out as <paramref name="rows"/> give rows of D.</summary>
    public static Variable Embedding(this Tape tape, Variable table, IndexTensor ids, Shape rows, float scale = 1, float dropout = 0) =>
        tape.Rent<EmbeddingOperation>().Forward(tape, table, ids, rows, scale, dropout);

    /// <summary>x W^T + b: (..., in) and weight (out, in) give (..., out). With <paramref name="transposed"/> the weight is (in, out).</summary>
    public static Variable Linear(this Tape tape, Variable input, Variable weight, Variable? bias = null, bool transposed = false) =>
        tape.Rent<LinearOperation>().Forward(tape, input, weight, bias, transposed, relu: false, dropout: 0);

    /// <summary>dropout(ReLU(x W^T + b)): (..., in) and weight (out, in) give (..., out).</summary>
    public static Variable LinearRelu(this Tape tape, Variable input, Variable weight, Variable? bias, float dropout = 0) =>
        tape.Rent<LinearOperation>().Forward(tape, input, weight, bias, transposed: false, relu: true, dropout);

    /// <summary>LayerNorm(residual + dropout(x)) over the last axis, epsilon 1e-5.</summary>
    public static Variable LayerNorm(this Tape tape, Variable input, Variable? residual, Variable gain, Variable bias, float dropout = 0) =>
        tape.Rent<LayerNormOperation>().Forward(tape, input, residual, gain, bias, dropout);

    /// <summary>residual + dropout(x).</summary>
    public static Variable AddResidual(this Tape tape, Variable input, Variable residual, float dropout = 0) =>
        tape.Rent<ResidualOperation>().Forward(tape, input, residual, dropout);

    /// <summary>dropout(x); x itself unless training.</summary>
    public static Variable Dropout(this Tape tape, Variable input, float dropout) =>
        tape.Rent<ResidualOperation>().Forward(tape, input, null, dropout);

    /// <summary>[SG(memory); x] along time: (M, B, D) and (L, B, D) give (M + L, B, D). An empty memory has no rows.</summary>
    public static Variable Concatenate(this Tape tape, Tensor memory, Variable input) =>
        tape.Rent<ConcatenateOperation>().Forward(tape, memory, input);

    /// <summary>The last <paramref name="rows"/> rows along time.</summary>
    public static Variable LastRows(this Tape tape, Variable input, int rows) =>
        tape.Rent<LastRowsOperation>().Forward(tape, input, rows);

    /// <summary>Queries (L, B, H d_h) of the last rows and keys with values (M + L, B, 2 H d_h) of all rows of the input.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="input">(M + L, B, d).</param>
    /// <param name="weight">[Wq; Wk; Wv]: (3 H d_h, d).</param>
    /// <param name="memoryRows">M.</param>
    /// <param name="memoryGradient">Whether the rows of the memory need a gradient: parameters lie between the memory and this input.</param>
    public static (Variable Queries, Variable KeysValues) QueryKeyValue(
        this Tape tape, Variable input, Variable weight, int memoryRows, bool memoryGradient) =>
        tape.Rent<QueryKeyValueOperation>().Forward(tape, input, weight, memoryRows, memoryGradient);

    /// <inheritdoc cref="RelativeAttentionOperation"/>
    public static Variable RelativeAttention(
        this Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable positionBias, int maxDistance, float dropout = 0) =>
        tape.Rent<RelativeAttentionOperation>().Forward(tape, queries, keysValues, relative, contentBias, positionBias, maxDistance, dropout);

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
        this Tape tape, Variable input, Tensor hidden, Tensor cell, Variable inputWeight, Variable recurrentWeight, Variable inputBias, Variable recurrentBias) =>
        tape.Rent<LstmOperation>().Forward(tape, input, hidden, cell, inputWeight, recurrentWeight, inputBias, recurrentBias);

    /// <summary>Mean nll of the targets in nats: one number. <paramref name="perToken"/>, if not empty, takes that of each row.</summary>
    public static Variable CrossEntropy(this Tape tape, Variable input, Variable weight, Variable? bias, IndexTensor targets, Tensor perToken = default) =>
        tape.Rent<CrossEntropyOperation>().Forward(tape, input, weight, bias, targets, perToken);
}
