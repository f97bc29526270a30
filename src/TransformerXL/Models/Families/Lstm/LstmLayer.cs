using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// One layer of long short-term memory (Hochreiter and Schmidhuber 1997), with two biases as the reference has it:
/// <code>
/// a          = x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh      (B, 4H)
/// i, f, g, o = sigmoid(a_1), sigmoid(a_2), tanh(a_3), sigmoid(a_4)
/// c_t        = f c_(t-1) + i g                                (B, H)
/// h_t        = o tanh(c_t)                                    (B, H)
/// </code>
/// </summary>
internal sealed class LstmLayer
{
    public LstmLayer(ModelConfiguration configuration, ParameterSet parameters, int index)
    {
        int size = configuration.ModelSize, input = index == 0 ? configuration.EmbeddingSize : size;

        // The deviation of the uniform distribution from -1 / sqrt(H) to 1 / sqrt(H).
        float deviation = 1 / MathF.Sqrt(3f * size);
        InputWeight = parameters.Weight($"rnn.weight_ih_l{index}", new Shape(4 * size, input), ParameterRole.Matrix(4), deviation);
        RecurrentWeight = parameters.Weight($"rnn.weight_hh_l{index}", new Shape(4 * size, size), ParameterRole.Matrix(4), deviation);
        InputBias = parameters.Zeros($"rnn.bias_ih_l{index}", new Shape(4 * size), ParameterRole.Bias);
        RecurrentBias = parameters.Zeros($"rnn.bias_hh_l{index}", new Shape(4 * size), ParameterRole.Bias);

        // A forget gate that begins open lets gradients through time (Jozefowicz, Zaremba, Sutskever 2015).
        InputBias.Value.Slice(size, size).Span.Fill(1);
    }

    /// <summary>W_ih: (4H, input).</summary>
    public Parameter InputWeight { get; }

    /// <summary>W_hh: (4H, H).</summary>
    public Parameter RecurrentWeight { get; }

    /// <summary>b_ih: (4H).</summary>
    public Parameter InputBias { get; }

    /// <summary>b_hh: (4H).</summary>
    public Parameter RecurrentBias { get; }

    /// <summary>h of every token, (T, B, H); the state then is that after the last.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">(T, B, input).</param>
    /// <param name="state">The state of all layers.</param>
    /// <param name="index">Which layer this is.</param>
    public Variable Forward(Tape tape, Variable x, LstmState state, int index)
    {
        Tensor before = state.HiddenOf(index), cell = state.CellOf(index);
        (Variable h, Tensor lastHidden, Tensor lastCell) =
            tape.Lstm(x, before, cell, InputWeight, RecurrentWeight, InputBias, RecurrentBias);
        state.Update(index, lastHidden, lastCell);
        return h;
    }
}
