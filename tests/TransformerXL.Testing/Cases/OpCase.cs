using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Testing.Cases;

/// <summary>
/// One operation with one set of shapes and values: what the comparison with the oracle, the gradient check and the
/// benchmark all need of it.
/// </summary>
public sealed record OpCase
{
    /// <summary>The seed of dropout that a case is run with.</summary>
    public const ulong Seed = 0x0123456789ABCDEF;

    /// <summary>The step that a case is run as.</summary>
    public const uint Step = 7;

    /// <summary>The operation and its parameters, so that a failure can be repeated.</summary>
    public required string Name { get; init; }

    /// <summary>The operation that is tested; null for a kernel that has no backward pass.</summary>
    public Type? Operation { get; init; }

    /// <summary>What the operation reads.</summary>
    public required IReadOnlyList<OpInput> Inputs { get; init; }

    /// <summary>Records the operation and returns its outputs.</summary>
    public required Func<Tape, IReadOnlyList<Variable>, IReadOnlyList<Variable>> Build { get; init; }

    /// <summary>The same outputs in double precision.</summary>
    public required Func<IReadOnlyList<double[]>, IReadOnlyList<double[]>> Oracle { get; init; }

    /// <summary>Terms in the longest sum behind an element of an output.</summary>
    public required int Reduction { get; init; }

    /// <summary>Terms in the longest sum behind an element of a gradient.</summary>
    public required int GradientReduction { get; init; }

    /// <summary>The magnitude of what the elements of an output are summed from; what cancels to less is no more exact.</summary>
    public double Magnitude { get; init; } = 0.1;

    /// <summary>The same for the elements of a gradient.</summary>
    public double GradientMagnitude { get; init; } = 0.1;

    /// <summary>Additions and multiplications of the forward pass.</summary>
    public required double Flops { get; init; }

    /// <summary>Outputs at the end that no gradient flows through.</summary>
    public int OutputsWithoutGradient { get; init; }

    /// <summary>What each element of each output with a gradient is multiplied by in the loss of the gradient check.</summary>
    public IReadOnlyList<float[]> Weights(IEnumerable<long> counts)
    {
        RandomValues random = new("weights of " + Name);
        return [.. counts.Select(count => random.Normal(count))];
    }

    /// <summary>The outputs in double precision of the inputs as they are.</summary>
    public IReadOnlyList<double[]> Expected() => Oracle(InputValues());

    /// <summary>The inputs in double precision.</summary>
    public double[][] InputValues() => [.. Inputs.Select(input => Array.ConvertAll(input.Values, value => (double)value))];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
