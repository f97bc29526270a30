using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>Several values one after the other along time: (T_p, ...) give (the sum of all T_p, ...).</summary>
public sealed class JoinOperation : Operation
{
    private readonly List<Variable> _parts = [];

    internal Variable Forward(Tape tape, ReadOnlySpan<Variable> parts)
    {
        Check.AtLeast("concatenate", "the number of parts", parts.Length, 1);
        int length = 0;
        bool requiresGradient = false;
        foreach (Variable part in parts)
        {
            Check.Shape("concatenate", "the shape of a part", part.Shape, parts[0].Shape.WithFirst(part.Shape[0]));
            _parts.Add(part);
            length = checked(length + part.Shape[0]);
            requiresGradient |= part.RequiresGradient;
        }

        Variable output = tape.NewVariable(parts[0].Shape.WithFirst(length), requiresGradient);
        int first = 0;
        foreach (Variable part in parts)
        {
            tape.Backend.Pass(part.Value, output.Value.Slice(first, part.Shape[0]), add: false);
            first += part.Shape[0];
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        int first = 0;
        foreach (Variable part in _parts)
        {
            if (part.RequiresGradient)
            {
                Tensor target = tape.Gradient(part, out bool add);
                tape.Backend.Pass(Output.Gradient.Slice(first, part.Shape[0]), target, add);
            }

            first += part.Shape[0];
        }
    }

    /// <inheritdoc/>
    public override void Clear() => _parts.Clear();
}
