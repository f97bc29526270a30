using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>A value that operations read and create, with the gradient of the loss with respect to it. Lives until the tape is reset.</summary>
public class Variable
{
    private Tensor _value;
    private Tape? _releasedBy;
    private bool _isRecycled;

    private protected Variable()
    {
    }

    /// <summary>The value. One whose memory was given back (<see cref="Tape.Recycle"/>) is computed again, with the parameters as they are now.</summary>
    public virtual Tensor Value
    {
        get => _releasedBy is null ? _value : Restored();
        internal set => _value = value;
    }

    /// <summary>The value as it is kept, which may be bfloat16 (<see cref="Parameter.KeepAsBfloat16"/>).</summary>
    internal virtual Tensor Stored => Value;

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
    internal void Clear() => (_value, Gradient, RequiresGradient, Restorer, _releasedBy, _isRecycled) = (default, default, false, null, null, false);

    /// <summary>The forward pass no longer reads the value: its memory is given back if it can be computed again.</summary>
    internal void Recycle(Tape tape)
    {
        _isRecycled = true;
        ReleaseValue(tape);
    }

    /// <summary>Gives the memory of a recycled value back that can be computed again.</summary>
    internal void ReleaseValue(Tape tape)
    {
        if (_isRecycled && Restorer is not null && _releasedBy is null)
        {
            tape.Release(_value);
            _releasedBy = tape;
        }
    }

    private Tensor Restored()
    {
        Tape tape = _releasedBy!;
        (_value, _releasedBy) = (tape.AllocateFor(this, _value.Shape), null);
        Restorer!.Restore(tape, _value);
        return _value;
    }
}
