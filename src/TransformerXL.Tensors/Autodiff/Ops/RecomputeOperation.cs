namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>A part of a model whose values are computed again in the backward pass (<see cref="Tape.Recompute"/>).</summary>
internal sealed class RecomputeOperation : Operation
{
    private Variable _input = null!;
    private Func<Variable, Variable> _part = null!;
    private uint _masks;

    public Variable Forward(Tape tape, Variable input, Func<Variable, Variable> part)
    {
        (_input, _part) = (input, part);
        (Variable result, _masks) = tape.ComputePart(input, part);
        return tape.Record(this, result);
    }

    public override void Backward(Tape tape) => tape.DifferentiatePart(_input, _part, _masks, Output);

    public override void Clear() => (_input, _part) = (null!, null!);
}
