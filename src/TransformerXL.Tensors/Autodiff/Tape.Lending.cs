using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Gradients of parameters in the memory of values.</content>
public sealed partial class Tape
{
    private readonly List<Parameter> _lent = [], _own = [];
    private int _takenBefore;
    private long _reservedBefore;

    /// <summary>
    /// Whether the backward pass gives the memory of values that it no longer needs to the gradients of parameters, which live there until the next step begins. No value of the step may be read after
    /// <see cref="Backward"/>, not even the loss. A gradient that is not cleared by then is copied to memory of its own. The bits stay the same. After the last step <see cref="BeginEvaluation"/> takes the memory
    /// back, to which the gradients refer otherwise.
    /// </summary>
    public bool LendsMemory
    {
        get => _arena.Lends;
        init => _arena.Lends = value;
    }

    /// <summary>Bytes of gradients of parameters that lie in the memory of values until the next step.</summary>
    public long BytesLent
    {
        get
        {
            long floats = 0;
            foreach (Parameter parameter in _lent)
            {
                floats += parameter.Gradient.Count;
            }

            return sizeof(float) * floats;
        }
    }

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

        bool isLent = _arena.TryLend(parameter.Shape, out Tensor lent);
        (isLent ? _lent : _own).Add(parameter);
        return isLent ? lent : Tensor.Allocate(parameter.Shape);
    }

    private void TakeBackGradients()
    {
        _takenBefore = 0;
        foreach (Parameter parameter in _lent)
        {
            Tensor own = default;
            if (parameter.HasGradient)
            {
                own = Tensor.Allocate(parameter.Shape);
                parameter.Gradient.CopyTo(own);
                _own.Add(parameter);
            }

            parameter.Gradient = own;
        }

        _lent.Clear();
    }
}
