namespace TransformerXL.Tensors.Cpu.Recurrent;

/// <summary>
/// One time step of a layer of gated recurrent units, the matrix products aside: with a = Gates, r = Recurrent + RecurrentBias,
/// r, z = sigmoid(a_1 + r_1), sigmoid(a_2 + r_2), n = tanh(a_3 + r r_3), h = (1 - z) n + z h_before.
/// </summary>
internal unsafe struct GruArguments
{
    /// <summary>B and H.</summary>
    public int Streams, Size;

    /// <summary>(B, 3H), the thirds of a row in the order r, z, n. The forward pass finds x W_ih^T + b_ih and leaves r, z, n; the backward pass leaves the gradient of a.</summary>
    public float* Gates;

    /// <summary>h_before W_hh^T: (B, 3H). The backward pass writes the gradient of r.</summary>
    public float* Recurrent;

    /// <summary>b_hh: (3H). The backward pass does not read it.</summary>
    public float* RecurrentBias;

    /// <summary>r_3: (B, H), written by the forward pass.</summary>
    public float* Candidate;

    /// <summary>h before and after the step: (B, H). The backward pass does not read that after it.</summary>
    public float* PreviousHidden, Hidden;
}

/// <summary>Gradients of one time step, (B, H) each.</summary>
internal unsafe struct GruGradients
{
    /// <summary>Of h by what reads the output, and by the next time step through its matrix product.</summary>
    public float* Output, Hidden;

    /// <summary>Of h by the next time step directly; becomes that of h before this one.</summary>
    public float* Carried;
}

/// <summary>One time step of a simple recurrent layer, the matrix product aside: h = f(Gates + Recurrent) with f = tanh, or max(x, 0).</summary>
internal unsafe struct RnnArguments
{
    /// <summary>B H.</summary>
    public long Count;

    /// <summary>Whether f is max(x, 0).</summary>
    public bool Rectifies;

    /// <summary>x W_ih^T with both biases: (B, H). The backward pass leaves the gradient of it.</summary>
    public float* Gates;

    /// <summary>h_before W_hh^T: (B, H). The backward pass does not read it.</summary>
    public float* Recurrent;

    /// <summary>h after the step: (B, H).</summary>
    public float* Hidden;

    /// <summary>The gradient of h by what reads the output, and by the next time step: (B, H). The forward pass does not read them.</summary>
    public float* OutputGradient, HiddenGradient;
}
