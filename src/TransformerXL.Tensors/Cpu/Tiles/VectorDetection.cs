using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>Whether this process may use the vector instructions of <see cref="VectorProductCode"/>.</summary>
internal static class VectorDetection
{
    /// <summary>
    /// AVX-512 as the runtime has checked it with the system (CPUID and XCR0), and the instruction itself (Intel SDM, CPUID leaf 7): AVX512_BF16 is
    /// bit 5 of EAX in subleaf 1, AVX512_VNNI bit 11 of ECX in subleaf 0.
    /// </summary>
    public static bool Has(VectorProduct product)
    {
        const int FeatureLeaf = 7, Bfloat16Bit = 5, VnniBit = 11;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            || !X86Base.X64.IsSupported || !CpuBackend.IsSupported(Isa.Avx512) || X86Base.CpuId(0, 0).Eax < FeatureLeaf)
        {
            return false;
        }

        (int subleaves, _, int features, _) = X86Base.CpuId(FeatureLeaf, 0);
        return product == VectorProduct.Int8
            ? (features >> VnniBit & 1) == 1
            : subleaves >= 1 && (X86Base.CpuId(FeatureLeaf, 1).Eax >> Bfloat16Bit & 1) == 1;
    }
}
