using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors;

/// <summary>One time step of an LSTM of H units over B streams, with a hidden state of P numbers: H without a projection.</summary>
internal struct LstmTensors
{
    /// <summary>h_before: (B, P).</summary>
    public Tensor PreviousHidden;

    /// <summary>(B, 4H): x W_ih^T with the biases; i, f, g, o afterwards.</summary>
    public Tensor Gates;

    /// <summary>h_before W_hh^T: (B, 4H). A step that computes it uses it as working memory.</summary>
    public Tensor Recurrent;

    /// <summary>c_before and c: (B, H), the second written; may be the same memory if there is no backward pass.</summary>
    public Tensor PreviousCell, Cell;

    /// <summary>o tanh(c): (B, H), written.</summary>
    public Tensor Hidden;
}
