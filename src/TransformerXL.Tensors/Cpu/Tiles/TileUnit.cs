namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>The matrix unit of this processor (Intel AMX). Detected, requested and tested once in a process, at the first use.</summary>
internal sealed unsafe class TileUnit : ITiles
{
    private static readonly Lazy<TileUnit?> Found = new(Find);

    private readonly delegate* unmanaged<TileBlock*, void> _multiply;
    private readonly delegate* unmanaged<long, void> _peak;

    private TileUnit(void* multiply, void* peak)
    {
        _multiply = (delegate* unmanaged<TileBlock*, void>)multiply;
        _peak = (delegate* unmanaged<long, void>)peak;
    }

    /// <summary>The unit; null if the processor or the system does not support it, or the emitted code fails its self-test.</summary>
    public static TileUnit? OfThisProcess => Found.Value;

    public string Name => "amx";

    public long PeakOperations => TileCode.PeakOperations;

    public void Multiply(TileBlock* block)
    {
        SignalStack.Require();
        _multiply(block);
    }

    public void Peak(long iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        SignalStack.Require();
        _peak(iterations);
    }

    private static TileUnit? Find()
    {
        if (!TileDetection.IsUsable())
        {
            return null;
        }

        void* multiply = MachineCode.Place(TileCode.EmitMultiply()), peak = MachineCode.Place(TileCode.EmitPeak());
        if (multiply == null || peak == null)
        {
            return null;
        }

        try
        {
            TileUnit unit = new(multiply, peak);
            return TileSelfTest.Passes(unit) ? unit : null;
        }
        catch (OutOfMemoryException)
        {
            // Also if the system refuses a larger signal stack.
            return null;
        }
    }
}
