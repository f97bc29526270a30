using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors;

/// <content>Rows by number, the cross-entropy of rows, and fused layers.</content>
public abstract partial class Backend
{
    /// <summary>y_n = dropout(scale * table[row_n]); the rows are inside the table.</summary>
    internal abstract void GatherRows(Tensor table, IndexTensor rows, float scale, DropoutMask dropout, Tensor output);

    /// <summary>The backward pass of <see cref="GatherRows"/>: adds the gradient of each row to that of its row in the table.</summary>
    internal abstract void GatherRowsBackward(Tensor outputGradient, IndexTensor rows, float scale, DropoutMask dropout, Tensor tableGradient);

    /// <summary>y[position_n] = dropout(scale * x_n); the positions are inside the output and differ.</summary>
    internal abstract void ScatterRows(Tensor input, IndexTensor positions, float scale, DropoutMask dropout, Tensor output);

    /// <summary>The backward pass of <see cref="ScatterRows"/>: adds to the gradient of the input.</summary>
    internal abstract void ScatterRowsBackward(Tensor outputGradient, IndexTensor positions, float scale, DropoutMask dropout, Tensor inputGradient);

    /// <summary>Adds a tile of logits to the running softmax of each row.</summary>
    /// <param name="logits">(rows, columns): the columns of the vocabulary from <paramref name="firstToken"/> on.</param>
    /// <param name="firstToken">The token id of the first column.</param>
    /// <param name="targets">The target token of each row.</param>
    /// <param name="statistics">(3, rows): running maximum, running sum of exp(logit - maximum), logit of the target.</param>
    internal abstract void CrossEntropyAccumulate(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics);

    /// <summary>Replaces a tile of logits by the gradient of scale times the sum of the rows' losses.</summary>
    /// <inheritdoc cref="CrossEntropyAccumulate" path="/param"/>
    internal abstract void CrossEntropyGradient(Tensor logits, int firstToken, IndexTensor targets, Tensor statistics, float scale);

    /// <summary>y = gain (s - mean) / deviation + bias with s = residual + dropout(x), row by row, epsilon 1e-5.</summary>
    internal abstract void LayerNormForward(in LayerNormTensors tensors);

    /// <summary>The backward pass of <see cref="LayerNormForward"/>.</summary>
    internal abstract void LayerNormBackward(in LayerNormTensors tensors, in LayerNormTensorGradients gradients);

    /// <summary>Multi-head attention; see <see cref="Autodiff.Ops.AttentionOperation"/>.</summary>
    internal abstract void AttentionForward(in AttentionTensors tensors);

    /// <summary>The backward pass of <see cref="AttentionForward"/>.</summary>
    internal abstract void AttentionBackward(in AttentionTensors tensors, in AttentionTensorGradients gradients);

    /// <summary>One time step of an LSTM, the matrix products aside.</summary>
    /// <param name="gates">(1, B, 4H): x W_ih^T with the biases; i, f, g, o afterwards.</param>
    /// <param name="recurrent">h_before W_hh^T: (B, 4H).</param>
    /// <param name="previousCell">(1, B, H).</param>
    /// <param name="cell">(1, B, H), written.</param>
    /// <param name="hidden">(1, B, H), written.</param>
    internal abstract void LstmStep(Tensor gates, Tensor recurrent, Tensor previousCell, Tensor cell, Tensor hidden);

    /// <summary>The backward pass of <see cref="LstmStep"/>.</summary>
    /// <param name="gates">i, f, g, o (1, B, 4H); afterwards the gradient of the values before their activations.</param>
    /// <param name="previousCell">(1, B, H).</param>
    /// <param name="cell">(1, B, H).</param>
    /// <param name="outputGradient">The gradient of h from the readers of the output (1, B, H).</param>
    /// <param name="hiddenGradient">The gradient of h from the next time step (B, H).</param>
    /// <param name="cellGradient">The gradient of c from the next time step (B, H); replaced by that of c before this step.</param>
    internal abstract void LstmStepBackward(Tensor gates, Tensor previousCell, Tensor cell, Tensor outputGradient, Tensor hiddenGradient, Tensor cellGradient);
}
