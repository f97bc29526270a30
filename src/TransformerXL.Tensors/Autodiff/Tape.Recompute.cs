using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <content>Parts of a model whose values are computed again in the backward pass.</content>
public sealed partial class Tape
{
    /// <summary>The values of a part that is computed again (<see cref="Recompute"/>), until the part ends.</summary>
    private Arena? _part;
    private bool _inPart, _forgets;

    /// <summary>
    /// Whether <see cref="Recompute"/> keeps the input of a part only and computes its other values again in the backward pass: less memory for about a quarter more time (Chen et al. 2016, "Training Deep Nets
    /// with Sublinear Memory Cost"). The bits stay the same.
    /// </summary>
    public bool Recomputes { get; init; }

    /// <summary>
    /// Computes a part of a model. If the tape <see cref="Recomputes"/>, the memory of all its values but the result is free afterwards, and the backward pass computes them again.
    /// </summary>
    /// <param name="input">What the part reads.</param>
    /// <param name="part">
    /// The part: it uses operations of this tape and no other state that changes, reads other variables of the step freely, and contains no part of this kind.
    /// </param>
    /// <returns>The result of the part.</returns>
    public Variable Recompute(Variable input, Func<Variable, Variable> part)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(part);
        if (!Recomputes || !IsTraining)
        {
            return part(input);
        }

        using BackendUse use = Backend.Enter();
        return Rent<RecomputeOperation>().Forward(this, input, part);
    }

    /// <summary>The result of a part whose other values are forgotten, and the number of dropouts before it.</summary>
    internal (Variable Result, uint Masks) ComputePart(Variable input, Func<Variable, Variable> part)
    {
        uint masks = _masks;
        int variables = BeginPart(forgets: true);
        Tensor value = part(input).Value;
        Tensor kept = _arena.Allocate(value.Shape);
        value.CopyTo(kept);
        EndPart(variables);
        return (NewVariable(kept, requiresGradient: true), masks);
    }

    /// <summary>Computes a part again and differentiates it.</summary>
    internal void DifferentiatePart(Variable input, Func<Variable, Variable> part, uint masks, Variable result)
    {
        uint after = _masks;
        _masks = masks;
        int variables = BeginPart(forgets: false), first = _recorded.Count;
        Variable again = part(input);
        (again.Gradient, result.Gradient) = (result.Gradient, default);
        Differentiate(first);
        _recorded.RemoveRange(first, _recorded.Count - first);
        EndPart(variables);
        _masks = after;
    }

    /// <summary>The memory of new values.</summary>
    private Arena Memory => _inPart ? _part! : _arena;

    private int BeginPart(bool forgets)
    {
        if (_inPart)
        {
            throw new InvalidOperationException("a part that is computed again contains another one");
        }

        _part ??= new Arena();
        (_inPart, _forgets) = (true, forgets);
        return _variablesInUse;
    }

    private void EndPart(int variables)
    {
        (_inPart, _forgets) = (false, false);
        TakeBackVariables(variables);
        _part!.Reset();
    }

    private void Differentiate(int first)
    {
        for (int i = _recorded.Count - 1; i >= first; i--)
        {
            Differentiate(_recorded[i]);
        }
    }
}
