using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>One step of Muon on a matrix; <see cref="MuonConstants"/> has the formula.</summary>
internal unsafe struct MuonArguments
{
    public int Rows, Columns;

    /// <summary>Row after row without gaps.</summary>
    public float* Value, Gradient, Mean;

    public MuonConstants Constants;

    /// <summary>Whether only the mean is updated.</summary>
    public bool KeepsValue;
}
