namespace TransformerXL.Tensors.Cpu.Lstm;

/// <summary>
/// One time step of a layer of long short-term memory: a = Gates + Recurrent,
/// i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o), c = f c_before + i g, h = o tanh(c).
/// </summary>
internal unsafe struct LstmArguments
{
    /// <summary>B and H.</summary>
    public int Streams, Size;

    /// <summary>
    /// (B, 4H), the quarters of a row in the order i, f, g, o. The forward pass finds x W_ih^T with the biases and leaves
    /// i, f, g, o; the backward pass leaves the gradient of a.
    /// </summary>
    public float* Gates;

    /// <summary>h_before W_hh^T: (B, 4H). A whole step does not use it, and the backward pass does not read it.</summary>
    public float* Recurrent;

    /// <summary>Of a whole step: h_before (B, P), and P.</summary>
    public float* PreviousHidden;

    /// <inheritdoc cref="PreviousHidden"/>
    public int Width;

    /// <summary>Of a whole step: W_hh^T (P, 4H) as <see cref="KernelSet.PackRight"/> laid it out for <see cref="Precision"/>.</summary>
    public byte* Weight;

    /// <summary>Of a whole step: the precision of its product.</summary>
    public Precision Precision;

    /// <summary>c before and after the step: (B, H); may be the same memory if there is no backward pass.</summary>
    public float* PreviousCell, Cell;

    /// <summary>h after the step: (B, H). The backward pass does not read it.</summary>
    public float* Hidden;
}

/// <summary>Gradients of one time step, (B, H) each.</summary>
internal unsafe struct LstmGradients
{
    /// <summary>The gradients of h from the readers of the output, and from the next time step.</summary>
    public float* Output, Hidden;

    /// <summary>The gradient of c from the next time step; replaced by that of c before this step.</summary>
    public float* Cell;
}
