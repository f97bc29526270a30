using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>
/// Copies a matrix into strips: the rows (of A) or columns (of B) that one register tile needs lie side by side for each
/// k, so that the micro kernel reads forward only. The last strip is padded with zeros.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>Floats that <paramref name="lanes"/> rows or columns over <paramref name="depth"/> values of k take when packed.</summary>
    public static long Size(int lanes, int depth, int strip) => (((long)lanes + strip - 1) / strip) * strip * depth;

    /// <summary>Packs strips, and rounds them to the precision while they are in the cache.</summary>
    public static void Pack(MatrixOperand source, int lanes, int depth, int strip, Precision precision, float* destination, nint spacing)
    {
        Pack(source, lanes, depth, strip, destination, spacing);
        for (int lane = 0; lane < lanes && precision == Precision.Bfloat16; lane += strip, destination += spacing)
        {
            Bfloat16.Round(destination, (nint)strip * depth);
        }
    }

    /// <summary>Packs strips, one behind the other.</summary>
    public static void Pack(MatrixOperand source, int lanes, int depth, int strip, float* destination) =>
        Pack(source, lanes, depth, strip, destination, (nint)strip * depth);

    /// <summary>Packs strips of the matrix whose element (lane, k) is <c>source(lane, k)</c>.</summary>
    /// <param name="source">The first element.</param>
    /// <param name="lanes">Rows of A or columns of B.</param>
    /// <param name="depth">Values of k.</param>
    /// <param name="strip">Lanes of a strip.</param>
    /// <param name="destination">The first value of the first strip.</param>
    /// <param name="spacing">Values from one strip to the next.</param>
    public static void Pack(MatrixOperand source, int lanes, int depth, int strip, float* destination, nint spacing)
    {
        int lane = 0;
        if (source.RowStride == 1)
        {
            lane = lanes / strip * strip;
            CopyStrips(source.Data, source.ColumnStride, lane / strip, depth, strip, destination, spacing);
            destination += lane / strip * spacing;
        }

        for (; lane < lanes; lane += strip, destination += spacing)
        {
            int count = Math.Min(strip, lanes - lane);
            MatrixOperand part = source.At(lane, 0);
            if (part.RowStride == 1)
            {
                CopyAnyStrip(part.Data, part.ColumnStride, count, depth, strip, destination);
            }
            else
            {
                TransposeStrip(part.Data, part.RowStride, part.ColumnStride, count, depth, strip, destination);
            }
        }
    }

    /// <summary>The rows (lane, k) of strips that were packed in float32, one block of k after the other.</summary>
    public static void Unpack(float* packed, int lanes, int depth, int strip, float* destination)
    {
        for (int first = 0; first < depth; first += Blocking.DepthBlock)
        {
            int count = Math.Min(Blocking.DepthBlock, depth - first);
            float* block = packed + Size(lanes, first, strip), row = destination + first;
            for (int lane = 0; lane < lanes; lane++, row += depth)
            {
                float* source = block + ((nint)(lane / strip) * strip * count) + (lane % strip);
                for (int k = 0; k < count; k++, source += strip)
                {
                    row[k] = *source;
                }
            }
        }
    }

    /// <summary>Copies whole strips.</summary>
    private static void CopyStrips(float* source, nint stride, int strips, int depth, int strip, float* destination, nint spacing)
    {
        switch (strip)
        {
            case 6:
                CopyRows<Six>(source, stride, strips, depth, destination, spacing);
                break;
            case 12:
                CopyRows<Twelve>(source, stride, strips, depth, destination, spacing);
                break;
            case 16:
                CopyRows<Sixteen>(source, stride, strips, depth, destination, spacing);
                break;
            case 32:
                CopyRows<ThirtyTwo>(source, stride, strips, depth, destination, spacing);
                break;
            default:
                for (int i = 0; i < strips; i++)
                {
                    CopyAnyStrip(source + (i * strip), stride, strip, depth, strip, destination + (i * spacing));
                }

                break;
        }
    }

    /// <summary>
    /// Copies to all strips row by row: memory delivers whole rows about twice as fast as the same values strip by strip. As many rows together
    /// as fill whole cache lines of a strip.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRows<TRow>(float* source, nint stride, int strips, int depth, float* destination, nint spacing) where TRow : struct, IStripRow
    {
        for (int k = 0; k < depth; k += TRow.Together, source += TRow.Together * stride, destination += TRow.Together * TRow.Lanes)
        {
            int rows = Math.Min(TRow.Together, depth - k);
            float* from = source, to = destination;
            for (int strip = 0; strip < strips; strip++, from += TRow.Lanes, to += spacing)
            {
                for (int row = 0; row < rows; row++)
                {
                    TRow.Copy(from + (row * stride), to + (row * TRow.Lanes));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyAnyStrip(float* source, nint stride, int count, int depth, int strip, float* destination)
    {
        for (int k = 0; k < depth; k++, source += stride, destination += strip)
        {
            int lane = 0;
            for (; lane <= count - 4; lane += 4)
            {
                Vector128.Load(source + lane).Store(destination + lane);
            }

            for (; lane < count; lane++)
            {
                destination[lane] = source[lane];
            }

            for (; lane < strip; lane++)
            {
                destination[lane] = 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeStrip(float* source, nint laneStride, nint depthStride, int count, int depth, int strip, float* destination)
    {
        if (depthStride == 1 && count == 6 && strip == 6 && Avx.IsSupported)
        {
            TransposeSix(source, laneStride, depth, destination);
            return;
        }

        int lane = 0;
        if (depthStride == 1)
        {
            for (; SquareTranspose.IsSupported && lane <= count - SquareTranspose.Size; lane += SquareTranspose.Size)
            {
                Transpose(source + (lane * laneStride), laneStride, SquareTranspose.Size, depth, destination + lane, strip);
            }

            for (; lane <= count - 4; lane += 4)
            {
                TransposeFour(source + (lane * laneStride), laneStride, depth, strip, destination + lane);
            }
        }

        for (; lane < strip; lane++)
        {
            float* from = source + (lane * laneStride);
            for (int k = 0; k < depth; k++)
            {
                destination[((nint)k * strip) + lane] = lane < count ? from[k * depthStride] : 0;
            }
        }
    }

    /// <summary>A strip of six rows, eight values of k at a time: neighbouring rows are paired first, and pairs then put in order.</summary>
    private static void TransposeSix(float* source, nint stride, int depth, float* destination)
    {
        float* row0 = source, row1 = row0 + stride, row2 = row1 + stride, row3 = row2 + stride, row4 = row3 + stride, row5 = row4 + stride;
        int k = 0;
        for (; k <= depth - 8; k += 8, destination += 48)
        {
            Vector256<float> a = Vector256.Load(row0 + k), b = Vector256.Load(row1 + k);
            Vector256<float> c = Vector256.Load(row2 + k), d = Vector256.Load(row3 + k);
            Vector256<float> e = Vector256.Load(row4 + k), f = Vector256.Load(row5 + k);
            StoreTwelve(Avx.UnpackLow(a, b).AsDouble(), Avx.UnpackLow(c, d).AsDouble(), Avx.UnpackLow(e, f).AsDouble(), destination);
            StoreTwelve(Avx.UnpackHigh(a, b).AsDouble(), Avx.UnpackHigh(c, d).AsDouble(), Avx.UnpackHigh(e, f).AsDouble(), destination + 12);
        }

        for (; k < depth; k++, destination += 6)
        {
            (destination[0], destination[1], destination[2]) = (row0[k], row1[k], row2[k]);
            (destination[3], destination[4], destination[5]) = (row3[k], row4[k], row5[k]);
        }
    }

    /// <summary>Pairs of two values of k, and in the upper half those of the values four further on, which go 24 floats further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTwelve(Vector256<double> ab, Vector256<double> cd, Vector256<double> ef, float* destination)
    {
        Vector256<float> first = Avx.UnpackLow(ab, cd).AsSingle(), second = Avx.Shuffle(ef, ab, 0b1010).AsSingle(), third = Avx.UnpackHigh(cd, ef).AsSingle();
        first.GetLower().Store(destination);
        second.GetLower().Store(destination + 4);
        third.GetLower().Store(destination + 8);
        first.GetUpper().Store(destination + 24);
        second.GetUpper().Store(destination + 28);
        third.GetUpper().Store(destination + 32);
    }

    /// <summary>
    /// destination (columns, rows) = the transpose of source (rows, columns). Few columns at a time: rows of the destination may be far
    /// apart, and each is complete before the cache has to give it up.
    /// </summary>
    public static void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride)
    {
        const int Block = SquareTranspose.Size;
        for (int column = 0; column < columns; column += Block)
        {
            int count = Math.Min(Block, columns - column), row = 0;
            float* from = source + column, to = destination + (column * destinationStride);
            for (; SquareTranspose.IsSupported && count == Block && row <= rows - Block; row += Block)
            {
                SquareTranspose.Run(from + (row * stride), stride, to + row, destinationStride);
            }

            TransposeRows(from + (row * stride), stride, rows - row, count, to + row, destinationStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeRows(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride)
    {
        int row = 0;
        for (; row <= rows - 4; row += 4)
        {
            TransposeFour(source + (row * stride), stride, columns, destinationStride, destination + row);
        }

        for (; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                destination[(column * destinationStride) + row] = source[(row * stride) + column];
            }
        }
    }

    /// <summary>Four rows become four columns, 4 x 4 values at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(float* source, nint stride, int depth, nint strip, float* destination)
    {
        float* row0 = source, row1 = source + stride, row2 = row1 + stride, row3 = row2 + stride;
        int k = 0;
        for (; k <= depth - 4; k += 4)
        {
            Vector128<float> a = Vector128.Load(row0 + k), b = Vector128.Load(row1 + k);
            Vector128<float> c = Vector128.Load(row2 + k), d = Vector128.Load(row3 + k);
            Transpose(ref a, ref b, ref c, ref d);
            float* to = destination + (k * strip);
            a.Store(to);
            b.Store(to + strip);
            c.Store(to + (2 * strip));
            d.Store(to + (3 * strip));
        }

        for (; k < depth; k++)
        {
            float* to = destination + (k * strip);
            (to[0], to[1], to[2], to[3]) = (row0[k], row1[k], row2[k], row3[k]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector128<float> a, ref Vector128<float> b, ref Vector128<float> c, ref Vector128<float> d)
    {
        Vector128<float> ac0 = InterleaveLow(a, c), ac1 = InterleaveHigh(a, c);
        Vector128<float> bd0 = InterleaveLow(b, d), bd1 = InterleaveHigh(b, d);
        (a, b) = (InterleaveLow(ac0, bd0), InterleaveHigh(ac0, bd0));
        (c, d) = (InterleaveLow(ac1, bd1), InterleaveHigh(ac1, bd1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveLow(Vector128<float> a, Vector128<float> b) => Sse.IsSupported
        ? Sse.UnpackLow(a, b)
        : Vector128.Create(a.GetElement(0), b.GetElement(0), a.GetElement(1), b.GetElement(1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveHigh(Vector128<float> a, Vector128<float> b) => Sse.IsSupported
        ? Sse.UnpackHigh(a, b)
        : Vector128.Create(a.GetElement(2), b.GetElement(2), a.GetElement(3), b.GetElement(3));

    /// <summary>The values of one k in a strip.</summary>
    private interface IStripRow
    {
        static abstract int Lanes { get; }

        /// <summary>Rows that fill whole cache lines.</summary>
        static abstract int Together { get; }

        static abstract void Copy(float* source, float* destination);
    }

    private readonly struct Six : IStripRow
    {
        public static int Lanes => 6;

        public static int Together => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(float* source, float* destination)
        {
            Vector128.Load(source).Store(destination);
            *(long*)(destination + 4) = *(long*)(source + 4);
        }
    }

    private readonly struct Twelve : IStripRow
    {
        public static int Lanes => 12;

        public static int Together => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(float* source, float* destination)
        {
            Vector256.Load(source).Store(destination);
            Vector128.Load(source + 8).Store(destination + 8);
        }
    }

    private readonly struct Sixteen : IStripRow
    {
        public static int Lanes => 16;

        public static int Together => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(float* source, float* destination) => Vector512.Load(source).Store(destination);
    }

    private readonly struct ThirtyTwo : IStripRow
    {
        public static int Lanes => 32;

        public static int Together => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(float* source, float* destination)
        {
            Vector512.Load(source).Store(destination);
            Vector512.Load(source + 16).Store(destination + 16);
        }
    }
}
