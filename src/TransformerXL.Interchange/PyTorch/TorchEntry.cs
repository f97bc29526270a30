using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>A tensor of a state dictionary under its name.</summary>
public sealed class TorchEntry : WeightEntry
{
    internal TorchEntry(string name, TorchTensor tensor) : base(name, tensor.Type, tensor.ShapeArray) => Tensor = tensor;

    /// <summary>The tensor, which several names may share.</summary>
    public TorchTensor Tensor { get; }

    /// <inheritdoc/>
    public override long Count => Tensor.Count;
}
