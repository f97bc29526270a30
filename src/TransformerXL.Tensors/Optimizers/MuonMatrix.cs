using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Optimizers;

/// <summary>A matrix that a step of <see cref="Muon"/> updates. The default value has no tensors and is skipped.</summary>
internal struct MuonMatrix
{
    /// <summary>(rows, columns): the values, which are updated; the gradient; the mean of the gradients, which is updated.</summary>
    public Tensor Value, Gradient, Mean;

    public MuonConstants Constants;

    /// <summary>Whether only the mean is updated, because another process updates the values.</summary>
    public bool KeepsValue;
}
