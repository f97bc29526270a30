using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Cases;

/// <summary>An input of an <see cref="OpCase"/>.</summary>
public sealed record OpInput(string Name, Shape Shape, float[] Values)
{
    /// <summary>Whether the backward pass gives a gradient of it.</summary>
    public bool HasGradient { get; init; } = true;

    /// <summary>Rows at the start whose gradient is promised to nobody.</summary>
    public int RowsWithoutGradient { get; init; }

    /// <summary>Whether the operation insists on being the only one that writes the gradient.</summary>
    public bool SingleReader { get; init; }

    /// <summary>Random values.</summary>
    public static OpInput Random(RandomValues random, string name, Shape shape, double deviation = 1) =>
        new(name, shape, random.Normal(shape.Count, deviation));
}
