using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Gradients of parameters in the memory of values.</content>
public sealed partial class Tape
{
    private readonly List<Parameter> _lent = [], _own = [];
    private int _takenBefore;
    private long _reservedBefore;

    /// <summary>
    /// Whether the backward pass gives the memory of values that it no longer needs to the gradients of parameters, which live there until they are cleared or the next step begins. No value of the step may be read after
    /// <see cref="Backward"/>, not even the loss. A gradient that is not cleared by then is copied to memory of its own. The bits stay the same.
    /// </summary>
    public bool LendsMemory
    {
        get => _arena.Lends;
        init => _arena.Lends = value;
    }

    /// <summary>Bytes of gradients of parameters that the step has placed in the memory of values.</summary>
    public long BytesLent { get; private set; }

    /// <summary>
    /// Values that were computed again before the backward pass lie among those of later operations: they are given back once more. Gradients with memory of their own are placed anew
    /// when the steps have become larger, as they do until the memory of a model is full: more of them have room then.
    /// </summary>
    private void BeginReturn()
    {
        if (!LendsMemory)
        {
            return;
        }

        for (int i = 0; i < _variablesInUse; i++)
        {
            _variables[i].ReleaseValue(this);
        }

        if (_arena.BytesReserved > _reservedBefore)
        {
            _reservedBefore = _arena.BytesReserved;
            foreach (Parameter parameter in _own)
            {
                parameter.FreeGradient();
            }

            _own.RemoveAll(parameter => parameter.Gradient.IsEmpty);
        }

        _arena.BeginReturn();
    }

    private void EndReturn()
    {
        if (LendsMemory)
        {
            _arena.EndReturn();
            _takenBefore = 0;
        }
    }

    private Tensor AllocateGradient(Parameter parameter)
    {
        if (!LendsMemory)
        {
            return Tensor.Allocate(parameter.Shape);
        }

        if (_arena.TryLend(parameter.Shape, out Tensor lent))
        {
            _lent.Add(parameter);
            parameter.IsGradientLent = true;
            BytesLent += sizeof(float) * lent.Count;
            return lent;
        }

        _own.Add(parameter);
        return Tensor.Allocate(parameter.Shape);
    }

    private void TakeBackGradients()
    {
        (_takenBefore, BytesLent) = (0, 0);
        foreach (Parameter parameter in _lent)
        {
            if (parameter.IsGradientLent)
            {
                Tensor own = Tensor.Allocate(parameter.Shape);
                parameter.Gradient.CopyTo(own);
                (parameter.Gradient, parameter.IsGradientLent) = (own, false);
                _own.Add(parameter);
            }
        }

        _lent.Clear();
    }
}
