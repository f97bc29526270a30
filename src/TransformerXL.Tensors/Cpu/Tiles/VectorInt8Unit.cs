using System.Numerics;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// Products of 8 bits by vector instructions (AVX512_VNNI: Zen 4 and later, Cascade Lake, Ice Lake and later), on Linux. Detected and tested once in a
/// process, at the first use.
/// </summary>
internal sealed unsafe class VectorInt8Unit : IInt8Unit
{
    private static readonly Lazy<VectorInt8Unit?> Found = new(Find);

    private readonly delegate* unmanaged<TileBlock*, void> _multiply;
    private readonly delegate* unmanaged<long, void> _peak;

    // Functions for 1, 2, 4 and 8 rows.
    private readonly delegate* unmanaged<TileBlock*, void>[] _few;

    private VectorInt8Unit(void* multiply, void* peak, delegate* unmanaged<TileBlock*, void>[] few)
    {
        _multiply = (delegate* unmanaged<TileBlock*, void>)multiply;
        _peak = (delegate* unmanaged<long, void>)peak;
        _few = few;
    }

    /// <summary>The unit; null if the processor or the system does not support it, or the emitted code fails its self-test.</summary>
    public static VectorInt8Unit? OfThisProcess => Found.Value;

    public string Name => "avx512-vnni";

    public long PeakOperations => VectorProductCode.PeakOperations(VectorProduct.Int8);

    public void Multiply(TileBlock* block) => _multiply(block);

    public void MultiplyFew(TileBlock* block, int rows) => _few[BitOperations.Log2((uint)((2 * rows) - 1))](block);

    public void Peak(long iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        _peak(iterations);
    }

    private static VectorInt8Unit? Find()
    {
        if (!VectorDetection.Has(VectorProduct.Int8))
        {
            return null;
        }

        void* multiply = MachineCode.Place(VectorProductCode.EmitMultiply(VectorProduct.Int8));
        void* peak = MachineCode.Place(VectorProductCode.EmitPeak(VectorProduct.Int8));
        delegate* unmanaged<TileBlock*, void>[] few = new delegate* unmanaged<TileBlock*, void>[BitOperations.Log2(VectorProductCode.MaxFewRows) + 1];
        bool placed = multiply != null && peak != null;
        for (int i = 0; i < few.Length; i++)
        {
            few[i] = (delegate* unmanaged<TileBlock*, void>)MachineCode.Place(VectorProductCode.EmitMultiplyFew(1 << i));
            placed &= few[i] != null;
        }

        if (!placed)
        {
            return null;
        }

        VectorInt8Unit unit = new(multiply, peak, few);
        return Int8SelfTest.Passes(unit) ? unit : null;
    }
}
