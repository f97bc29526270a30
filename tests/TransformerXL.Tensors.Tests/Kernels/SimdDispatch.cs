using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>Something that is done with one vector width.</summary>
internal interface ISimdAction
{
    void Run<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;
}

/// <summary>Calls generic kernels by instruction set.</summary>
internal static class SimdDispatch
{
    public static void Run(Isa isa, ISimdAction action)
    {
        switch (isa)
        {
            case Isa.Avx512:
                action.Run<Simd512, Vector512<float>>();
                break;
            case Isa.Avx2:
                action.Run<Simd256, Vector256<float>>();
                break;
            case Isa.Vector128:
                action.Run<Simd128, Vector128<float>>();
                break;
            default:
                action.Run<Simd1, float>();
                break;
        }
    }
}
