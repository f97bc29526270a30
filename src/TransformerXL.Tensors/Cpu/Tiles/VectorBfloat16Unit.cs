namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// Products of bfloat16 by vector instructions (AVX512_BF16: Zen 4 and later, Cooper Lake, Sapphire Rapids and later), on Linux. Detected and
/// tested once in a process, at the first use.
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

    /// <summary>The unit; null if the processor or the system does not support it, or the emitted code fails its self-test.</summary>
    public static VectorBfloat16Unit? OfThisProcess => Found.Value;

    public string Name => "avx512-bf16";

    public long PeakOperations => VectorProductCode.PeakOperations(VectorProduct.Bfloat16);

    public void Multiply(TileBlock* block) => _multiply(block);

    public void Peak(long iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        _peak(iterations);
    }

    private static VectorBfloat16Unit? Find()
    {
        if (!VectorDetection.Has(VectorProduct.Bfloat16))
        {
            return null;
        }

        void* multiply = MachineCode.Place(VectorProductCode.EmitMultiply(VectorProduct.Bfloat16));
        void* peak = MachineCode.Place(VectorProductCode.EmitPeak(VectorProduct.Bfloat16));
        if (multiply == null || peak == null)
        {
            return null;
        }

        VectorBfloat16Unit unit = new(multiply, peak);
        return TileSelfTest.Passes(unit) ? unit : null;
    }
}
