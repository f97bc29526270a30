using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// One direction of a recurrent layer, with two biases as in PyTorch. With a = x_t W_ih^T + b_ih and r = h_(t-1) W_hh^T + b_hh, in parts of H:
/// <code>
/// LSTM (Hochreiter and Schmidhuber 1997):   i, f, g, o = sigmoid(a_1 + r_1), sigmoid(a_2 + r_2), tanh(a_3 + r_3), sigmoid(a_4 + r_4)
///                                           c_t = f c_(t-1) + i g,  h_t = o tanh(c_t), or (o tanh(c_t)) W_hr^T of size P
/// GRU (Cho et al. 2014, reset gate after    r, z, n = sigmoid(a_1 + r_1), sigmoid(a_2 + r_2), tanh(a_3 + r r_3)
///      the matrix product)                  h_t = (1 - z) n + z h_(t-1)
/// RNN (Elman 1990):                         h_t = tanh(a + r) or max(a + r, 0)
/// </code>
/// </summary>
internal sealed class RecurrentLayer
{
    private readonly RecurrentCell _cell;

    public RecurrentLayer(RecurrentConfiguration configuration, ParameterSet parameters, int index, bool isReverse)
    {
        int size = configuration.ModelSize, width = configuration.StateWidth, gates = configuration.Gates, input = index == 0 ? configuration.EmbeddingSize : configuration.HiddenWidth;
        string suffix = isReverse ? $"l{index}_reverse" : $"l{index}";

        // The deviation of the uniform distribution from -1 / sqrt(H) to 1 / sqrt(H).
        float deviation = 1 / MathF.Sqrt(3f * size);
        _cell = configuration.Cell;
        InputWeight = parameters.Weight($"rnn.weight_ih_{suffix}", new Shape(gates * size, input), ParameterRole.Matrix(gates), deviation);
        RecurrentWeight = parameters.Weight($"rnn.weight_hh_{suffix}", new Shape(gates * size, width), ParameterRole.Matrix(gates), deviation);
        InputBias = parameters.Zeros($"rnn.bias_ih_{suffix}", new Shape(gates * size), ParameterRole.Bias);
        RecurrentBias = parameters.Zeros($"rnn.bias_hh_{suffix}", new Shape(gates * size), ParameterRole.Bias);
        Projection = width == size ? null : parameters.Weight($"rnn.weight_hr_{suffix}", new Shape(width, size), ParameterRole.Matrix(), deviation);
        if (_cell == RecurrentCell.Lstm)
        {
            // A forget gate that begins open lets gradients through time (Jozefowicz, Zaremba, Sutskever 2015).
            InputBias.Value.Slice(size, size).Span.Fill(1);
        }
    }

    /// <summary>W_ih: (gates H, input).</summary>
    public Parameter InputWeight { get; }

    /// <summary>W_hh: (gates H, H), or (gates H, P) with a projection.</summary>
    public Parameter RecurrentWeight { get; }

    /// <summary>b_ih: (gates H).</summary>
    public Parameter InputBias { get; }

    /// <summary>b_hh: (gates H).</summary>
    public Parameter RecurrentBias { get; }

    /// <summary>W_hr: (P, H); null without a projection.</summary>
    public Parameter? Projection { get; }

    /// <summary>h of every token (T, B, H), and the state after the last token.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">(T, B, input).</param>
    /// <param name="hidden">h before the first token: (B, H).</param>
    /// <param name="cell">c before the first token: (B, H); empty where the cells have none.</param>
    public (Variable Hidden, Tensor FinalHidden, Tensor FinalCell) Forward(Tape tape, Variable x, Tensor hidden, Tensor cell)
    {
        if (Projection is not null)
        {
            return tape.ProjectedLstm(x, hidden, cell, InputWeight, RecurrentWeight, InputBias, RecurrentBias, Projection);
        }

        if (_cell == RecurrentCell.Lstm)
        {
            return tape.Lstm(x, hidden, cell, InputWeight, RecurrentWeight, InputBias, RecurrentBias);
        }

        (Variable states, Tensor last) = _cell == RecurrentCell.Gru
            ? tape.Gru(x, hidden, InputWeight, RecurrentWeight, InputBias, RecurrentBias)
            : tape.Rnn(x, hidden, InputWeight, RecurrentWeight, InputBias, RecurrentBias, rectifies: _cell == RecurrentCell.Relu);
        return (states, last, default);
    }
}
