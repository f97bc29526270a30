using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>A matrix product between guards, and what it should give.</summary>
internal sealed unsafe class MatrixProductProblem : IDisposable
{
    private readonly int _rows, _columns, _depth;
    private readonly float[] _a, _b, _bias, _before;
    private GuardedBuffer? _result;

    public MatrixProductProblem(int rows, int columns, int depth)
    {
        (_rows, _columns, _depth) = (rows, columns, depth);
        RandomValues random = new($"{rows} {columns} {depth}");
        (_a, _b, _bias) = (random.Normal(rows * depth), random.Normal(depth * columns), random.Normal(columns));
        _before = random.Normal(rows * (columns + 8));
    }

    public bool TransposeA { get; init; }

    public bool TransposeB { get; init; }

    public bool Accumulate { get; init; }

    public bool Bias { get; init; }

    public Activation Activation { get; init; }

    public Precision Precision { get; init; }

    public float Dropout { get; init; }

    /// <summary>Whether the right operand is packed before the product.</summary>
    public bool PackedBefore { get; init; }

    /// <summary>Floats between the end of one row of the result and the start of the next.</summary>
    public int Gap { get; init; }

    public GuardedBuffer Result => _result!;

    private int Stride => _columns + Gap;

    private int ResultLength => ((_rows - 1) * Stride) + _columns;

    public void Run(KernelSet kernels)
    {
        using GuardedBuffer a = Operand(_a, _rows, _depth, TransposeA), b = Operand(_b, _depth, _columns, TransposeB), bias = new(_bias, 3);
        _result?.Dispose();
        _result = new GuardedBuffer(_before.AsSpan(0, ResultLength), 5);
        MatrixProductArguments arguments = new()
        {
            Rows = _rows,
            Columns = _columns,
            Depth = _depth,
            Precision = Precision,
            A = TransposeA ? new MatrixOperand(a.First, 1, _rows) : new MatrixOperand(a.First, _depth, 1),
            B = TransposeB ? new MatrixOperand(b.First, 1, _depth) : new MatrixOperand(b.First, _columns, 1),
            C = _result.First,
            Stride = Stride,
            Accumulate = Accumulate,
            Epilogue = { Bias = Bias ? bias.First : null, Activation = Activation, Dropout = new DropoutMask(Dropout, 1, 2, 3) },
        };
        if (!PackedBefore)
        {
            kernels.MatrixProduct(arguments);
            return;
        }

        using GuardedBuffer packed = new((int)kernels.PackedRightSize(_depth, _columns, Precision));
        kernels.PackRight(arguments.B, _depth, _columns, Precision, packed.First);
        arguments.B = default;
        arguments.PackedB = packed.First;
        kernels.MatrixProduct(arguments);
        Assert.True(packed.IsIntact, $"{_rows} x {_columns} x {_depth}: packed outside");
    }

    public void AssertResult(Isa isa)
    {
        string? mismatch = Tolerance.Mismatch(Result.Span, Expected(), Tolerance.Of(_depth), 1);
        Assert.True(mismatch is null, $"{isa}, {_rows} x {_columns} x {_depth}: {mismatch}");
        Assert.True(Result.IsIntact, $"{isa}, {_rows} x {_columns} x {_depth}: wrote outside");
    }

    public void Dispose() => _result?.Dispose();

    private static GuardedBuffer Operand(float[] values, int rows, int columns, bool transposed) => new(
        transposed ? Array.ConvertAll(MatrixOracle.Transpose(Array.ConvertAll(values, x => (double)x), rows, columns), x => (float)x) : values, 1);

    private double Operand(float value) => Precision == Precision.Bfloat16 ? MatrixOracle.ToBfloat16(value) : value;

    private double[] Expected()
    {
        double[] product = MatrixOracle.Product(
            Array.ConvertAll(_a, Operand), Array.ConvertAll(_b, Operand), _rows, _columns, _depth);
        double[] expected = Array.ConvertAll(_before[..ResultLength], x => (double)x);
        DropoutOracle dropout = new(Dropout, 1, 2, 3);
        for (int i = 0; i < product.Length; i++)
        {
            int place = (i / _columns * Stride) + (i % _columns);
            double sum = product[i] + (Accumulate ? expected[place] : 0) + (Bias ? _bias[i % _columns] : 0);
            expected[place] = dropout.Apply(ActivationOracle.Apply(Activation, sum), i);
        }

        return expected;
    }
}
