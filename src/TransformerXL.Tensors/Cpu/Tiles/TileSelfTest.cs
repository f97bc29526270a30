using TransformerXL.Tensors.Cpu.MatrixProduct;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>Compares a small product by tiles with the same product in C#. The values are whole numbers, whose sums are exact in any order; any difference disables the tiles.</summary>
internal static unsafe class TileSelfTest
{
    private const int Rows = 64, Columns = 96, Depth = 96, Stride = Columns + 16;

    /// <summary>Whether the tiles multiply correctly, overwriting and adding, without writing elsewhere.</summary>
    public static bool Passes(ITiles tiles)
    {
        float[] a = Values(Rows * Depth, 7), b = Values(Depth * Columns, 11), before = Values(Rows * Stride, 13);
        byte* packedA = Pack(a, Rows, isLeft: true, out NativeBuffer ownerA), packedB = Pack(b, Columns, isLeft: false, out NativeBuffer ownerB);
        bool passes = true;
        foreach (bool accumulate in (bool[])[false, true])
        {
            float[] result = [.. before];
            fixed (float* c = result)
            {
                TileBlock block = new()
                {
                    A = packedA,
                    B = packedB,
                    C = c,
                    StripA = TilePacking.Bytes(1, Depth),
                    StripB = TilePacking.Bytes(1, Depth),
                    RowC = Stride * sizeof(float),
                    RowStrips = Rows / TilePacking.StripLanes,
                    ColumnStrips = Columns / TilePacking.StripLanes,
                    Steps = TilePacking.Steps(Depth),
                    Accumulate = accumulate ? 1 : 0,
                };
                tiles.Multiply(&block);
            }

            passes &= result.AsSpan().SequenceEqual(Expected(a, b, before, accumulate));
        }

        GC.KeepAlive(ownerA);
        GC.KeepAlive(ownerB);
        return passes;
    }

    /// <summary>Whole numbers from -20 to 20 in an irregular order, all exact in bfloat16.</summary>
    private static float[] Values(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => (float)((((i * 7) + (i / 3 * 5) + (i / 16 * seed)) % 41) - 20))];

    /// <summary>A: (Rows, Depth) or B: (Depth, Columns), packed strip by strip.</summary>
    private static byte* Pack(float[] values, int lanes, bool isLeft, out NativeBuffer owner)
    {
        owner = new NativeBuffer(TilePacking.Bytes(lanes, Depth));
        fixed (float* source = values)
        {
            MatrixOperand operand = isLeft ? new MatrixOperand(source, Depth, 1) : new MatrixOperand(source, 1, lanes);
            TilePacking.Pack(operand, lanes, Depth, isLeft, owner.Pointer);
        }

        return owner.Pointer;
    }

    private static float[] Expected(float[] a, float[] b, float[] before, bool accumulate)
    {
        float[] expected = [.. before];
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                float sum = accumulate ? before[(i * Stride) + j] : 0;
                for (int k = 0; k < Depth; k++)
                {
                    sum += a[(i * Depth) + k] * b[(k * Columns) + j];
                }

                expected[(i * Stride) + j] = sum;
            }
        }

        return expected;
    }
}
