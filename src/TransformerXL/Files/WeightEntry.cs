namespace TransformerXL.Files;

/// <summary>One tensor of a weight file of any format: its name, type and shape.</summary>
public abstract class WeightEntry
{
    private readonly long[] _shape;

    private protected WeightEntry(string name, SafetensorsType type, long[] shape)
    {
        Name = name;
        Type = type;
        _shape = shape;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The type of its elements in the file.</summary>
    public SafetensorsType Type { get; }

    /// <summary>Sizes of the axes, slowest first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Number of elements: the product of the shape, 1 for a scalar.</summary>
    public abstract long Count { get; }

    internal bool IsFloatingPoint => SafetensorsTypes.IsFloatingPoint(Type);

    /// <summary>For example <c>F32 [96, 32]</c>.</summary>
    public override string ToString() => $"{SafetensorsTypes.NameOf(Type)} [{string.Join(", ", _shape)}]";
}
