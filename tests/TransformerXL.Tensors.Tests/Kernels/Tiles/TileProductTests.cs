using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>Products by interpreted tiles, as a processor with AMX would run them.</summary>
public sealed class TileProductTests() : Bfloat16UnitTests(isVector: false);

/// <summary>Products by interpreted vector instructions, as a processor with AVX512_BF16 would run them.</summary>
public sealed class VectorBfloat16ProductTests() : Bfloat16UnitTests(isVector: true);

/// <summary>Products by an interpreted unit for bfloat16: packing, blocks, edges and machine code.</summary>
public abstract class Bfloat16UnitTests : IDisposable
{
    private readonly InterpretedTiles _tiles;
    private readonly CpuBackend _backend;

    protected Bfloat16UnitTests(bool isVector)
    {
        _tiles = new InterpretedTiles(isVector);
        _backend = new CpuBackend(CpuBackend.Best, 1, _tiles);
    }

    public static TheoryData<bool, bool> Forms => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    /// <summary>Around halves and wholes of strips and steps, and sizes with several blocks and parts of the depth.</summary>
    private static IEnumerable<(int Rows, int Columns, int Depth)> Sizes =>
    [
        .. Enumerable.Range(1, 35).Select(n => (n, 3, 5)),
        .. Enumerable.Range(1, 35).Select(n => (5, n, 7)),
        .. Enumerable.Range(1, 68).Select(n => (4, 6, n)),
        (1, 1, 1), (64, 96, 64), (63, 65, 33), (97, 131, 259), (130, 40, 513), (1, 300, 100), (300, 1, 100), (32, 32, 1100), (33, 33, 1030), (160, 288, 64), (3, 4200, 40), (4200, 3, 40), (3, 5, 4200),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_size_equals_the_oracle(bool transposeA, bool transposeB) => Check((rows, columns, depth) => new(rows, columns, depth)
    {
        TransposeA = transposeA,
        TransposeB = transposeB,
        Precision = Precision.Bfloat16,
    });

    [Theory]
    [MemberData(nameof(Forms))]
    public void Accumulation_adds_to_what_was_there(bool transposeA, bool transposeB) => Check((rows, columns, depth) => new(rows, columns, depth)
    {
        TransposeA = transposeA,
        TransposeB = transposeB,
        Accumulate = true,
        Gap = 3,
        Precision = Precision.Bfloat16,
    });

    [Fact]
    public void The_epilogue_and_an_operand_packed_before_go_with_it() => Check((rows, columns, depth) => new(rows, columns, depth)
    {
        Bias = rows % 3 != 0,
        Activation = (Activation)(columns % 3),
        Dropout = depth % 3 == 0 ? 0 : 0.3f,
        PackedBefore = rows % 2 == 0,
        TransposeB = columns % 2 == 0,
        Gap = depth % 2,
        Precision = Precision.Bfloat16,
    });

    /// <summary>Its values are those that rounding gives.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_right_operand_in_bfloat16_gives_the_bits_of_one_in_float32(bool transposed)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            StoredWeightProducts.Check(_backend, rows, columns, depth, transposed, Precision.Bfloat16);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        foreach ((int rows, int columns, int depth) in Sizes.Where(size => size.Rows > 35 || size.Columns > 35 || size.Depth > 68))
        {
            using MatrixProductProblem problem = new(rows, columns, depth) { Precision = Precision.Bfloat16, Accumulate = rows % 2 == 0, Bias = true };
            problem.Run(_backend.Kernels);
            float[] one = problem.Result.Span.ToArray();
            foreach (int threads in new[] { 2, 5 })
            {
                using CpuBackend backend = new(CpuBackend.Best, threads, _tiles);
                problem.Run(backend.Kernels);
                Assert.True(Bits.Equal(one, problem.Result.Span), $"{threads} threads, {rows} x {columns} x {depth}");
            }
        }
    }

    [Fact]
    public void A_value_does_not_depend_on_the_rows_beside_it()
    {
        const int Rows = 160, Columns = 96, Depth = 700;
        RandomValues random = new(nameof(Bfloat16UnitTests));
        float[] a = random.Normal(Rows * Depth), b = random.Normal(Depth * Columns), before = random.Normal(Rows * Columns);
        float[] whole = AddProduct(a, b, before, Rows, Columns, Depth);
        foreach ((int row, int rows) in new[] { (0, 1), (31, 3), (64, 96), (100, 60) })
        {
            float[] part = AddProduct(a[(row * Depth)..], b, before[(row * Columns)..], rows, Columns, Depth);
            Assert.True(Bits.Equal(whole.AsSpan(row * Columns, rows * Columns), part.AsSpan(0, rows * Columns)), $"{rows} rows from {row}");
        }
    }

    [Theory]
    [InlineData(1, 64, 64, 1)]
    [InlineData(5, 64, 40, 1)]
    [InlineData(32, 128, 520, 2)]
    [InlineData(33, 96, 96, 1)]
    [InlineData(128, 64, 33, 1)]
    [InlineData(129, 64, 64, 1)]
    [InlineData(9, 64, 64, 3)]
    [InlineData(9, 70, 70, 1)]
    public void A_step_of_an_lstm_has_the_bits_of_its_product_and_then_its_gates(int streams, int size, int width, int threads)
    {
        RandomValues random = new($"lstm {streams} {size} {width}");
        using CpuBackend backend = new(CpuBackend.Best, threads, _tiles);
        Tensor weight = Random(4 * size, width), packed = Tensor.Allocate(new Shape(backend.PackedSize(Matrix.Of(weight).Transposed, Precision.Bfloat16)));
        backend.Pack(Matrix.Of(weight).Transposed, Precision.Bfloat16, packed);
        Tensor hidden = Random(streams, width), gates = Random(streams, 4 * size), cell = Random(streams, size);
        LstmTensors apart = Step(), whole = Step();
        backend.MultiplyPacked(Matrix.Of(hidden), packed, apart.Recurrent, Precision.Bfloat16);
        backend.LstmGates(apart);
        backend.LstmStep(whole, packed, Precision.Bfloat16);
        Assert.True(Bits.Equal(apart.Gates.Span, whole.Gates.Span), "gates");
        Assert.True(Bits.Equal(apart.Cell.Span, whole.Cell.Span), "c");
        Assert.True(Bits.Equal(apart.Hidden.Span, whole.Hidden.Span), "h");
        Assert.DoesNotContain(0f, whole.Hidden.Span.ToArray());

        Tensor Random(int rows, int columns) => Tensor.From(new Shape(rows, columns), random.Normal(rows * columns));

        LstmTensors Step() => new()
        {
            PreviousHidden = hidden,
            Gates = Tensor.From(gates.Shape, gates.Span),
            Recurrent = Tensor.Allocate(gates.Shape),
            PreviousCell = cell,
            Cell = Tensor.Allocate(cell.Shape),
            Hidden = Tensor.Allocate(cell.Shape),
        };
    }

    [Fact]
    public void Float32_products_do_not_use_the_tiles() => Assert.Equal(Result(_backend, Precision.Float32), Result(new CpuBackend(CpuBackend.Best, 1), Precision.Float32));

    [Fact]
    public void The_tiles_are_in_use_where_they_are_given() => Assert.True(_backend.UsesBfloat16);

    [Fact]
    public void Instruction_sets_without_tiles_round_and_multiply_as_float32()
    {
        foreach (Isa isa in Backends.Isas.Where(isa => isa != Isa.Avx512))
        {
            using CpuBackend backend = new(isa, 1);
            Assert.False(backend.UsesBfloat16);
        }
    }

    public void Dispose()
    {
        _backend.Dispose();
        GC.SuppressFinalize(this);
    }

    private static float[] Result(CpuBackend backend, Precision precision)
    {
        using MatrixProductProblem problem = new(40, 50, 60) { Precision = precision };
        problem.Run(backend.Kernels);
        return problem.Result.Span.ToArray();
    }

    private unsafe float[] AddProduct(float[] a, float[] b, float[] before, int rows, int columns, int depth)
    {
        float[] result = [.. before];
        fixed (float* left = a, right = b, c = result)
        {
            MatrixProductArguments arguments = new()
            {
                Rows = rows,
                Columns = columns,
                Depth = depth,
                Precision = Precision.Bfloat16,
                A = new MatrixOperand(left, depth, 1),
                B = new MatrixOperand(right, columns, 1),
                C = c,
                Stride = columns,
                Accumulate = true,
            };
            _backend.Kernels.MatrixProduct(arguments);
        }

        return result;
    }

    private void Check(Func<int, int, int, MatrixProductProblem> create)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem problem = create(rows, columns, depth);
            problem.Run(_backend.Kernels);
            problem.AssertResult(_backend.Isa);
        }
    }
}
