using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>A value that operations read and create, with the gradient of the loss with respect to it. Lives until the tape is reset.</summary>
public class Variable
{
    private Tensor _value;
    private Tape? _forgottenBy;
    private bool _isRecycled;

    private protected Variable()
    {
    }

    /// <summary>The value. One that was forgotten (<see cref="Tape.Recycle"/>) is computed again.</summary>
    public virtual Tensor Value
    {
        get => _forgottenBy is null ? _value : Restored();
        internal set => _value = value;
    }

    /// <summary>The gradient of the loss, of the same shape; empty until something is added to it.</summary>
    public Tensor Gradient { get; internal set; }

    /// <summary>Whether the backward pass computes a gradient of this value.</summary>
    public bool RequiresGradient { get; internal set; }

    /// <summary>Whether the variable belongs to a part that is computed again, whose memory ends with the part.</summary>
    internal bool IsOfPart { get; set; }

    /// <summary>The axes of the value.</summary>
    public virtual Shape Shape => _value.Shape;

    /// <summary>The operation that can compute the value again; null if the value must stay in memory.</summary>
    internal Operation? Restorer { get; set; }

    internal static Variable Create() => new();

    /// <summary>Prepares the variable for another value.</summary>
    internal void Clear() => (_value, Gradient, RequiresGradient, Restorer, _forgottenBy, _isRecycled) = (default, default, false, null, null, false);

    /// <summary>The forward pass no longer reads the value: it is forgotten if it can be computed again.</summary>
    internal void Recycle(Tape tape)
    {
        _isRecycled = true;
        Forget(tape);
    }

    /// <summary>Gives the memory of a recycled value back that can be computed again.</summary>
    internal void Forget(Tape tape)
    {
        if (_isRecycled && Restorer is not null && _forgottenBy is null)
        {
            tape.Release(_value);
            _forgottenBy = tape;
        }
    }

    private Tensor Restored()
    {
        Tape tape = _forgottenBy!;
        (_value, _forgottenBy) = (tape.AllocateFor(this, _value.Shape), null);
        Restorer!.Restore(tape, _value);
        return _value;
    }
}
