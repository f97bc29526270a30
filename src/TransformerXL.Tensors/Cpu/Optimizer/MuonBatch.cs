using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>The matrices that one step of Muon moves at once. It holds their memory; a matrix that is not set is skipped.</summary>
/// <param name="count">Of matrices.</param>
internal sealed unsafe class MuonBatch(int count)
{
    private readonly MuonArguments[] _matrices = new MuonArguments[count];
    private readonly (Tensor Value, Tensor Gradient, Tensor Mean)[] _tensors = new (Tensor, Tensor, Tensor)[count];

    /// <summary>Sets a matrix.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="constants">All but sizes and addresses.</param>
    /// <param name="value">(rows, columns).</param>
    /// <param name="gradient">(rows, columns).</param>
    /// <param name="mean">Of the gradients (rows, columns).</param>
    public void Set(int index, in MuonArguments constants, Tensor value, Tensor gradient, Tensor mean)
    {
        _tensors[index] = (value, gradient, mean);
        _matrices[index] = constants with
        {
            Rows = value.Shape[0],
            Columns = value.Shape[1],
            Value = value.Pointer,
            Gradient = gradient.Pointer,
            Mean = mean.Pointer,
        };
    }

    /// <summary>Moves the matrices and forgets them. Each thread takes the next.</summary>
    public void Step(CpuBackend backend)
    {
        try
        {
            backend.Kernels.MuonStep(_matrices);
        }
        finally
        {
            GC.KeepAlive(_tensors);
            Array.Clear(_matrices);
            Array.Clear(_tensors);
        }
    }
}
