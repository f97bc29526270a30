using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// Products of bfloat16 by vector instructions (AVX512_BF16: Zen 4 and later, Cooper Lake, Sapphire Rapids and later), on Linux. Found and
/// tested once in a process, when first wanted.
/// </summary>
internal sealed unsafe class VectorBfloat16Unit : ITiles
{
    private static readonly Lazy<VectorBfloat16Unit?> Found = new(Find);

    private readonly delegate* unmanaged<TileBlock*, void> _multiply;
    private readonly delegate* unmanaged<long, void> _peak;

    private VectorBfloat16Unit(void* multiply, void* peak)
    {
        _multiply = (delegate* unmanaged<TileBlock*, void>)multiply;
        _peak = (delegate* unmanaged<long, void>)peak;
    }

    /// <summary>The unit; null where the processor, the system or the generated code do not do what they should.</summary>
    public static VectorBfloat16Unit? OfThisProcess => Found.Value;

    public string Name => "avx512-bf16";

    public long PeakOperations => VectorBfloat16Code.PeakOperations;

    public void Multiply(TileBlock* block) => _multiply(block);

    public void Peak(long iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        _peak(iterations);
    }

    private static VectorBfloat16Unit? Find()
    {
        if (!IsUsable())
        {
            return null;
        }

        void* multiply = MachineCode.Place(VectorBfloat16Code.EmitMultiply()), peak = MachineCode.Place(VectorBfloat16Code.EmitPeak());
        if (multiply == null || peak == null)
        {
            return null;
        }

        VectorBfloat16Unit unit = new(multiply, peak);
        return TileSelfTest.Passes(unit) ? unit : null;
    }

    /// <summary>AVX-512 as the runtime has checked it with the system, and the instruction itself (Intel SDM, CPUID leaf 7, subleaf 1, EAX bit 5).</summary>
    private static bool IsUsable()
    {
        const int FeatureLeaf = 7, Bfloat16Bit = 5;
        return OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
            && X86Base.X64.IsSupported && CpuBackend.IsSupported(Isa.Avx512)
            && X86Base.CpuId(0, 0).Eax >= FeatureLeaf && X86Base.CpuId(FeatureLeaf, 0).Eax >= 1
            && (X86Base.CpuId(FeatureLeaf, 1).Eax >> Bfloat16Bit & 1) == 1;
    }
}
