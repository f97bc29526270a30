using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>A value that operations read and create, with the gradient of the loss with respect to it. Lives until the tape is reset.</summary>
public class Variable
{
    private protected Variable()
    {
    }

    /// <summary>The value.</summary>
    public virtual Tensor Value { get; internal set; }

    /// <summary>The gradient of the loss, of the same shape; empty until something is added to it.</summary>
    public Tensor Gradient { get; internal set; }

    /// <summary>Whether the backward pass computes a gradient of this value.</summary>
    public bool RequiresGradient { get; internal set; }

    /// <summary>Whether the variable belongs to a part that is computed again, whose memory ends with the part.</summary>
    internal bool IsOfPart { get; set; }

    /// <summary>The axes of the value.</summary>
    public virtual Shape Shape => Value.Shape;

    internal static Variable Create() => new();
}
