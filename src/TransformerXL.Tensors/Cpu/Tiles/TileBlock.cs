using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// C = A B or C += A B for whole strips of 32 rows and of 32 columns, over one part of the depth. In 8 bits C holds whole numbers of 32 bits. The emitted code reads the fields by
/// their offset and uses some as counters.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileBlock
{
    /// <summary>The first strip of A as <see cref="TilePacking"/> lays it out.</summary>
    public byte* A;

    /// <summary>The first strip of B; advanced from strip to strip.</summary>
    public byte* B;

    /// <summary>The first value of C; advanced from strip to strip.</summary>
    public float* C;

    /// <summary>Bytes from one strip of A to the next.</summary>
    public long StripA;

    /// <summary>Bytes from one strip of B to the next.</summary>
    public long StripB;

    /// <summary>Bytes from one row of C to the next.</summary>
    public long RowC;

    /// <summary>Strips of A, at least 1.</summary>
    public long RowStrips;

    /// <summary>Strips of B, at least 1; counted down.</summary>
    public long ColumnStrips;

    /// <summary>Steps of 32 values of k, of 64 in 8 bits; at least 1.</summary>
    public long Steps;

    /// <summary>1 to add to what C holds, 0 to overwrite it.</summary>
    public long Accumulate;
}
