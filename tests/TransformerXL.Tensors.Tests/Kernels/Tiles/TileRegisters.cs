using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The eight tiles and what their instructions do, from the pseudo code of the Intel SDM, volume 2.</summary>
internal sealed class TileRegisters
{
    private const int Rows = 16, RowBytes = 64;

    private readonly byte[][] _tiles = [.. Enumerable.Range(0, 8).Select(_ => new byte[Rows * RowBytes])];

    /// <summary>Between LDTILECFG and TILERELEASE.</summary>
    public bool AreConfigured { get; private set; }

    /// <summary>LDTILECFG; only the configuration with eight whole tiles is known here.</summary>
    public void Configure(ReadOnlySpan<byte> memory)
    {
        byte[] expected = new byte[64];
        expected[0] = 1;
        for (int tile = 0; tile < 8; tile++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(expected.AsSpan(16 + (2 * tile)), RowBytes);
            expected[48 + tile] = Rows;
        }

        Demand(memory.SequenceEqual(expected), "another configuration than eight tiles of 16 rows of 64 bytes");
        foreach (byte[] tile in _tiles)
        {
            tile.AsSpan().Clear();
        }

        AreConfigured = true;
    }

    public void Release()
    {
        foreach (byte[] tile in _tiles)
        {
            tile.AsSpan().Clear();
        }

        AreConfigured = false;
    }

    public void Clear(int tile) => Tile(tile).Clear();

    public Span<byte> Row(int tile, int row) => Tile(tile).Slice(row * RowBytes, RowBytes);

    /// <summary>TDPBF16PS: sums of the even and of the odd factors of a row, each with fused multiply-adds from zero, added to one another and then to the result.</summary>
    public void MultiplyAdd(int result, int left, int right)
    {
        Demand(result != left && result != right && left != right, "one tile in two places");
        Span<float> even = stackalloc float[Rows], odd = stackalloc float[Rows];
        for (int row = 0; row < Rows; row++)
        {
            even.Clear();
            odd.Clear();
            ReadOnlySpan<uint> factors = MemoryMarshal.Cast<byte, uint>(Row(left, row));
            for (int pair = 0; pair < Rows; pair++)
            {
                float lower = Lower(factors[pair]), upper = Upper(factors[pair]);
                ReadOnlySpan<uint> others = MemoryMarshal.Cast<byte, uint>(Row(right, pair));
                for (int column = 0; column < Rows; column++)
                {
                    even[column] = Flush(MathF.FusedMultiplyAdd(lower, Lower(others[column]), even[column]));
                    odd[column] = Flush(MathF.FusedMultiplyAdd(upper, Upper(others[column]), odd[column]));
                }
            }

            Span<float> sums = MemoryMarshal.Cast<byte, float>(Row(result, row));
            for (int column = 0; column < Rows; column++)
            {
                sums[column] = Flush(Flush(sums[column]) + Flush(even[column] + odd[column]));
            }
        }
    }

    private static float Lower(uint pair) => Flush(BitConverter.UInt32BitsToSingle(pair << 16));

    private static float Upper(uint pair) => Flush(BitConverter.UInt32BitsToSingle(pair & 0xFFFF_0000));

    /// <summary>Denormals are zero, as operands and as results.</summary>
    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private static void Demand(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"the code uses {what}");
        }
    }

    private Span<byte> Tile(int tile)
    {
        Demand(AreConfigured, "tiles before it configures them");
        return _tiles[tile];
    }
}
