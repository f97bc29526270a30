using TransformerXL.Tensors.Inference;
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

    /// <summary>y = gain (s - mean) / deviation + bias with s = residual + dropout(x), row by row, with the deviation sqrt(variance + epsilon).</summary>
    internal abstract void LayerNormForward(in LayerNormTensors tensors);

    /// <summary>The backward pass of <see cref="LayerNormForward"/>.</summary>
    internal abstract void LayerNormBackward(in LayerNormTensors tensors, in LayerNormTensorGradients gradients);

    /// <summary>Multi-head attention; see <see cref="Autodiff.Ops.AttentionOperation"/>.</summary>
    internal abstract void AttentionForward(in AttentionTensors tensors);

    /// <summary>The backward pass of <see cref="AttentionForward"/>.</summary>
    internal abstract void AttentionBackward(in AttentionTensors tensors, in AttentionTensorGradients gradients);

    /// <summary>One time step of an LSTM.</summary>
    /// <param name="step">What it reads and writes.</param>
    /// <param name="packedWeight">W_hh^T: (P, 4H) as <see cref="Pack"/> laid it out.</param>
    /// <param name="precision">The precision of the product.</param>
    internal virtual void LstmStep(in LstmTensors step, Tensor packedWeight, Precision precision)
    {
        MultiplyPacked(Matrix.Of(step.PreviousHidden), packedWeight, step.Recurrent, precision);
        LstmGates(step);
    }

    /// <summary>One time step of an LSTM.</summary>
    /// <param name="step">What it reads and writes.</param>
    /// <param name="weight">W_hh: (4H, P).</param>
    internal virtual void LstmStep(in LstmTensors step, PreparedWeight weight)
    {
        LinearPrepared(step.PreviousHidden, weight, default, step.Recurrent, Activation.None, RowProducts.ByCount);
        LstmGates(step);
    }

    /// <summary>The gates of one time step of an LSTM, after its recurrent product.</summary>
    internal abstract void LstmGates(in LstmTensors step);

    /// <summary>The backward pass of <see cref="LstmGates"/>.</summary>
    /// <param name="gates">i, f, g, o (1, B, 4H); afterwards the gradient of the values before their activations.</param>
    /// <param name="previousCell">(1, B, H).</param>
    /// <param name="cell">(1, B, H).</param>
    /// <param name="outputGradient">The gradient of h from the readers of the output (1, B, H).</param>
    /// <param name="hiddenGradient">The gradient of h from the next time step (B, H).</param>
    /// <param name="cellGradient">The gradient of c from the next time step (B, H); replaced by that of c before this step.</param>
    internal abstract void LstmStepBackward(Tensor gates, Tensor previousCell, Tensor cell, Tensor outputGradient, Tensor hiddenGradient, Tensor cellGradient);

    /// <summary>One time step of gated recurrent units, the matrix products aside.</summary>
    /// <param name="gates">(1, B, 3H): x W_ih^T + b_ih; r, z, n afterwards.</param>
    /// <param name="recurrent">h_before W_hh^T: (B, 3H).</param>
    /// <param name="recurrentBias">b_hh: (3H).</param>
    /// <param name="previousHidden">(1, B, H).</param>
    /// <param name="candidate">(1, B, H), written: the last third of recurrent with its bias.</param>
    /// <param name="hidden">(1, B, H), written.</param>
    internal abstract void GruStep(Tensor gates, Tensor recurrent, Tensor recurrentBias, Tensor previousHidden, Tensor candidate, Tensor hidden);

    /// <summary>The backward pass of <see cref="GruStep"/>.</summary>
    /// <param name="gates">r, z, n (1, B, 3H); the gradient of what they were made of afterwards.</param>
    /// <param name="recurrentGradient">(1, B, 3H), written: the gradient of recurrent.</param>
    /// <param name="previousHidden">(1, B, H).</param>
    /// <param name="candidate">(1, B, H).</param>
    /// <param name="outputGradient">Of h by what reads the output (1, B, H).</param>
    /// <param name="hiddenGradient">Of h by the next time step through its matrix product (B, H).</param>
    /// <param name="carriedGradient">Of h by the next time step directly (B, H); becomes that of h before this one.</param>
    internal abstract void GruStepBackward(
        Tensor gates, Tensor recurrentGradient, Tensor previousHidden, Tensor candidate, Tensor outputGradient, Tensor hiddenGradient, Tensor carriedGradient);

    /// <summary>One time step of a simple recurrent layer, the matrix product aside: h = tanh(gates + recurrent), or max(gates + recurrent, 0).</summary>
    /// <param name="gates">x W_ih^T with both biases: (1, B, H).</param>
    /// <param name="recurrent">h_before W_hh^T: (B, H).</param>
    /// <param name="hidden">(1, B, H), written.</param>
    /// <param name="rectifies">Whether negative values become zero, in the place of tanh.</param>
    internal abstract void RnnStep(Tensor gates, Tensor recurrent, Tensor hidden, bool rectifies);

    /// <summary>The backward pass of <see cref="RnnStep"/>.</summary>
    /// <param name="gates">(1, B, H), written: the gradient of gates and of recurrent.</param>
    /// <param name="hidden">(1, B, H).</param>
    /// <param name="outputGradient">Of h by what reads the output (1, B, H).</param>
    /// <param name="hiddenGradient">Of h by the next time step (B, H).</param>
    /// <param name="rectifies">As in the forward pass.</param>
    internal abstract void RnnStepBackward(Tensor gates, Tensor hidden, Tensor outputGradient, Tensor hiddenGradient, bool rectifies);
}
