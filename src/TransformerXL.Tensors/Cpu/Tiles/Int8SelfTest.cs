using TransformerXL.Tensors.Cpu.Inference.Int8;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// Compares a small 8-bit product by a unit with the same product in C#; if any bit differs, the unit is not used. The values reach both ends of
/// the 8-bit range, so that a saturating instruction gives different sums.
/// </summary>
internal static unsafe class Int8SelfTest
{
    private const int Rows = 64, Columns = 96, Depth = 128, Stride = Columns + 16;

    /// <summary>Whether the unit multiplies correctly, with few and many rows, overwriting and adding, without writing elsewhere.</summary>
    public static bool Passes(IInt8Unit unit)
    {
        NativeBuffer a = new(Int8Packing.Bytes(Rows, Depth)), b = new(Int8Packing.Bytes(Columns, Depth)), rows = new(Columns * Depth);
        for (int i = 0; i < Rows * Depth; i++)
        {
            Int8Packing.Lane(a.Pointer, i / Depth, Depth)[(i % Depth / Int8Packing.StepDepth * TilePacking.StepBytes) + (i % Int8Packing.StepDepth)] = Left(i);
        }

        for (int i = 0; i < Columns * Depth; i++)
        {
            ((sbyte*)rows.Pointer)[i] = Right(i);
        }

        for (int column = 0; column < Columns; column += TilePacking.StripLanes)
        {
            Int8Packing.PackStrip((sbyte*)rows.Pointer + (column * Depth), Depth, b.Pointer + Int8Packing.Bytes(column, Depth));
        }

        bool passes = IsExact(unit, a, b, 0, accumulate: false) && IsExact(unit, a, b, 0, accumulate: true);
        for (int few = 1; few <= VectorProductCode.MaxFewRows; few *= 2)
        {
            passes = passes && IsExact(unit, a, b, few, accumulate: false);
        }

        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(rows);
        return passes;
    }

    private static bool IsExact(IInt8Unit unit, NativeBuffer a, NativeBuffer b, int few, bool accumulate)
    {
        int[] result = [.. Enumerable.Range(0, Rows * Stride).Select(i => i * 1_000_003)], before = [.. result];
        fixed (int* c = result)
        {
            TileBlock block = new()
            {
                A = a.Pointer,
                B = b.Pointer,
                C = (float*)c,
                StripA = Int8Packing.Bytes(1, Depth),
                StripB = Int8Packing.Bytes(1, Depth),
                RowC = Stride * sizeof(int),
                RowStrips = few > 0 ? 1 : Rows / TilePacking.StripLanes,
                ColumnStrips = Columns / TilePacking.StripLanes,
                Steps = Int8Packing.Steps(Depth),
                Accumulate = accumulate ? 1 : 0,
            };
            if (few > 0)
            {
                unit.MultiplyFew(&block, few);
            }
            else
            {
                unit.Multiply(&block);
            }
        }

        return result.AsSpan().SequenceEqual(Expected(before, few > 0 ? few : Rows, accumulate));
    }

    /// <summary>0 to 255, both ends often.</summary>
    private static byte Left(int i) => (byte)Math.Clamp((((i * 37) + (i / Depth * 11)) % 400) - 60, 0, 255);

    /// <summary>-127 to 127, both ends often.</summary>
    private static sbyte Right(int i) => (sbyte)Math.Clamp((((i * 53) + (i / Depth * 29)) % 401) - 200, -127, 127);

    private static int[] Expected(int[] before, int rows, bool accumulate)
    {
        int[] expected = [.. before];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                int sum = accumulate ? before[(i * Stride) + j] : 0;
                for (int k = 0; k < Depth; k++)
                {
                    sum = unchecked(sum + (Left((i * Depth) + k) * Right((j * Depth) + k)));
                }

                expected[(i * Stride) + j] = sum;
            }
        }

        return expected;
    }
}
