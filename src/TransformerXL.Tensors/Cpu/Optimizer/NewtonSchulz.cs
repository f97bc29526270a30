using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>
/// Brings the singular values of a matrix X near 1 and keeps its singular vectors, by products alone (Jordan et al. 2024):
/// several times X = P X with P = a I + b X X' + c (X X')^2. All of the P are polynomials of the first X X', so that X itself
/// is multiplied only once, by their product; the intermediate matrices are small, symmetric and commute. X is first
/// divided by the root of the Frobenius norm of X X', which no singular value exceeds, and which is nearer to the largest than
/// the norm of X, by up to the fourth root of the rank: if many are of similar size, this saves one of Jordan's five iterations.
/// </summary>
internal static unsafe class NewtonSchulz<TSimd, TVector, TMicro>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    /// <summary>Their polynomial increases small singular values quickly, and leaves large ones between 0.7 and 1.2.</summary>
    private const float A = 3.4445f, B = -4.7750f, C = 2.0315f;

    private const int Iterations = 4;

    private const int RowBlock = 48;

    /// <summary>Floats of scratch that <see cref="Add"/> takes, the matrix included.</summary>
    public static long ScratchSize(int rows, int columns) => new Scratch(null, rows, columns).End;

    /// <summary>y += scale * O(X), where X lies at the beginning of the scratch, which is overwritten; O(0) is 0.</summary>
    public static void Add(float* y, float scale, int rows, int columns, float* memory)
    {
        double norm = Norm(memory, rows, columns);
        if (norm == 0)
        {
            return;
        }

        // Then no value below exceeds the range of single precision.
        Scratch scratch = new(memory, rows, columns);
        Scale(memory, rows, columns, (float)(1 / norm));
        bool wide = rows <= columns;
        int size = Math.Min(rows, columns);
        MatrixOperand x = new(memory, columns, 1), left = wide ? x : x.Transposed;
        float* gram = scratch.Square(0), polynomial = scratch.Square(1), product = scratch.Square(2), spare = scratch.Square(3);
        MultiplySymmetric(size, Math.Max(rows, columns), left, left.Transposed, gram, scratch);
        double bound = Norm(gram, size, size);
        Scale(gram, size, size, (float)(1 / bound));
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            MatrixOperand r = new(gram, size, 1), p = new(polynomial, size, 1);
            MultiplySymmetric(size, size, r, r, polynomial, scratch);
            Combine(size, gram, polynomial);
            if (iteration < Iterations - 1)
            {
                MultiplySymmetric(size, size, p, r, spare, scratch);
                MultiplySymmetric(size, size, new MatrixOperand(spare, size, 1), p, gram, scratch);
            }

            if (iteration == 0)
            {
                Swap(ref polynomial, ref product);
                Scale(product, size, size, (float)(scale / Math.Sqrt(bound)));
            }
            else
            {
                MultiplySymmetric(size, size, p, new MatrixOperand(product, size, 1), spare, scratch);
                Swap(ref spare, ref product);
            }
        }

        MatrixOperand q = new(product, size, 1);
        Multiply(rows, columns, size, wide ? q : x, wide ? x : q, y, accumulate: true, isSymmetric: false, scratch);
    }

    /// <summary>Square = a I + b Gram + c Square.</summary>
    private static void Combine(int size, float* gram, float* square)
    {
        for (int row = 0; row < size; row++, gram += size, square += size)
        {
            for (int i = 0; i < size; i += TSimd.Count)
            {
                int lanes = Math.Min(TSimd.Count, size - i);
                TVector sum = TSimd.Multiply(Lanes<TSimd, TVector>.Load(square + i, lanes), TSimd.Broadcast(C));
                sum = TSimd.MultiplyAdd(Lanes<TSimd, TVector>.Load(gram + i, lanes), TSimd.Broadcast(B), sum);
                Lanes<TSimd, TVector>.Store(square + i, sum, lanes);
            }

            square[row] += A;
        }
    }

    private static void Swap(ref float* a, ref float* b)
    {
        float* kept = a;
        a = b;
        b = kept;
    }

    /// <summary>C (size, size) = A B for a symmetric result: the values left of the diagonal blocks are copied from those above them.</summary>
    private static void MultiplySymmetric(int size, int depth, MatrixOperand a, MatrixOperand b, float* c, in Scratch scratch)
    {
        Multiply(size, size, depth, a, b, c, accumulate: false, isSymmetric: true, scratch);
        for (int row = 0; row < size; row += RowBlock)
        {
            int end = Math.Min(row + RowBlock, size), first = StripOf(row);
            for (int column = 0; column < first; column++)
            {
                for (int i = row; i < end; i++)
                {
                    c[(i * (nint)size) + column] = c[(column * (nint)size) + i];
                }
            }
        }
    }

    /// <summary>C (rows, columns) = or += A B; for a symmetric result, each block of rows only from the strip of its diagonal on.</summary>
    private static void Multiply(int rows, int columns, int depth, MatrixOperand a, MatrixOperand b, float* c, bool accumulate, bool isSymmetric, in Scratch scratch)
    {
        for (int k = 0; k < depth; k += Blocking.DepthBlock)
        {
            int part = Math.Min(Blocking.DepthBlock, depth - k);
            Packing.Pack(b.Transposed.At(0, k), columns, part, TMicro.Columns, scratch.PackedB);
            for (int row = 0; row < rows; row += RowBlock)
            {
                int height = Math.Min(RowBlock, rows - row), first = isSymmetric ? StripOf(row) : 0;
                Packing.Pack(a.At(row, k), height, part, TMicro.Rows, scratch.PackedA);
                Strips strips = new(scratch.PackedB + ((nint)first * part), TMicro.Columns, (nint)TMicro.Columns * part);
                MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(
                    height, columns - first, part, scratch.PackedA, strips, c + (row * (nint)columns) + first, columns, accumulate || k > 0);
            }
        }
    }

    /// <summary>The first column of the strip that holds a column; strips have 32 columns, whatever the register tiles have.</summary>
    private static int StripOf(int column) => column / 32 * 32;

    private static double Norm(float* x, int rows, int columns)
    {
        double squares = 0;
        for (int row = 0; row < rows; row++, x += columns)
        {
            squares += AttentionRows<TSimd, TVector>.Dot(x, x, columns);
        }

        return Math.Sqrt(squares);
    }

    private static void Scale(float* x, int rows, int columns, float factor)
    {
        for (int row = 0; row < rows; row++, x += columns)
        {
            ElementwiseKernel<TSimd, TVector>.Scale(x, x, factor, columns);
        }
    }

    /// <summary>The layout of the scratch memory: the matrix, then the other matrices of its iterations, each aligned to a cache line.</summary>
    private readonly struct Scratch
    {
        private const int Squares = 4;

        private readonly float* _squares;
        private readonly long _square;

        public Scratch(float* memory, int rows, int columns)
        {
            int shortest = Math.Min(rows, columns), longest = Math.Max(rows, columns);
            long values = Whole((long)rows * columns);
            _square = Whole((long)shortest * shortest);
            _squares = memory + values;
            PackedA = Square(Squares);
            PackedB = PackedA + Whole(Packing.Size(RowBlock, Blocking.DepthBlock, TMicro.Rows));
            End = (PackedB - memory) + Whole(Packing.Size(longest, Blocking.DepthBlock, TMicro.Columns));
        }

        public float* PackedA { get; }

        public float* PackedB { get; }

        public long End { get; }

        public float* Square(int index) => _squares + (index * _square);

        private static long Whole(long floats) => (floats + 15) / 16 * 16;
    }
}
