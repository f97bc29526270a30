using TransformerXL.Tensors.Kernels.MatrixProduct;
using TransformerXL.Tensors.Kernels.Simd;

namespace TransformerXL.Tensors.Kernels;

/// <summary>The kernels of one instruction set. Sizes and pointers are checked by the operations that call them.</summary>
internal abstract unsafe class KernelSet
{
    public abstract void MatrixProduct(in MatrixProductArguments arguments);
}

/// <inheritdoc/>
internal sealed unsafe class KernelSet<TSimd, TVector, TMicro>(CpuBackend backend) : KernelSet
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    public override void MatrixProduct(in MatrixProductArguments arguments) =>
        MatrixProductKernel<TSimd, TVector, TMicro>.Run(backend, arguments);
}
