using System.Runtime.InteropServices;

namespace TransformerXL.Testing;

/// <summary>
/// Native memory of exactly the asked size between two guards of NaN. Writing outside breaks a guard, and reading outside
/// brings NaN into the result.
/// </summary>
public sealed unsafe class GuardedBuffer : IDisposable
{
    private const int GuardFloats = 256;
    private const uint GuardBits = 0x7FC0BEEF;

    private readonly float* _memory;

    /// <summary>Allocates floats that are all NaN.</summary>
    /// <param name="count">The number of floats between the guards.</param>
    /// <param name="misalignment">Floats by which the first is off a boundary of 64 bytes.</param>
    public GuardedBuffer(int count, int misalignment = 0)
    {
        Count = count;
        int floats = (2 * GuardFloats) + count + misalignment;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
        First = _memory + GuardFloats + misalignment;
        new Span<uint>(_memory, floats).Fill(GuardBits);
        Span.Fill(float.NaN);
        FloatsAfter = GuardFloats;
        FloatsBefore = GuardFloats + misalignment;
    }

    /// <summary>Allocates memory that holds the values.</summary>
    public GuardedBuffer(ReadOnlySpan<float> values, int misalignment = 0)
        : this(values.Length, misalignment) => values.CopyTo(Span);

    /// <summary>The number of floats between the guards.</summary>
    public int Count { get; }

    /// <summary>The first float.</summary>
    public float* First { get; }

    /// <summary>The floats between the guards.</summary>
    public Span<float> Span => new(First, Count);

    /// <summary>Whether nothing was written outside.</summary>
    public bool IsIntact => IsGuard(_memory, FloatsBefore) && IsGuard(First + Count, FloatsAfter);

    private int FloatsBefore { get; }

    private int FloatsAfter { get; }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private static bool IsGuard(float* start, int count) => new ReadOnlySpan<uint>(start, count).IndexOfAnyExcept(GuardBits) < 0;
}
