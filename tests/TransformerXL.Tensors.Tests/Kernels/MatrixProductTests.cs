using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

public sealed class MatrixProductTests(Backends backends) : KernelTheory(backends)
{
    public static TheoryData<Isa, bool, bool> Forms
    {
        get
        {
            TheoryData<Isa, bool, bool> forms = [];
            foreach (Isa isa in Backends.Isas)
            {
                forms.Add(isa, false, false);
                forms.Add(isa, false, true);
                forms.Add(isa, true, false);
                forms.Add(isa, true, true);
            }

            return forms;
        }
    }

    /// <summary>Every size around a register tile, and sizes with several tiles, tasks and depth blocks.</summary>
    private static IEnumerable<(int Rows, int Columns, int Depth)> Sizes =>
    [
        .. Enumerable.Range(1, 40).Select(n => (n, 37, 19)),
        .. Enumerable.Range(1, 40).Select(n => (13, n, 8)),
        .. Enumerable.Range(1, 40).Select(n => (25, 33, n)),
        .. Enumerable.Range(1, 20).Select(n => (n, n, n)),
        (97, 131, 259), (200, 65, 513), (1, 515, 300), (515, 1, 300), (7, 300, 257), (1, 1, 1000), (3, 4200, 70), (4200, 5, 70), (5, 33, 4200),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_size_equals_the_oracle(Isa isa, bool transposeA, bool transposeB)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem problem = new(rows, columns, depth) { TransposeA = transposeA, TransposeB = transposeB };
            problem.Run(Kernels(isa));
            problem.AssertResult(isa);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Accumulation_adds_to_what_was_there(Isa isa, bool transposeA, bool transposeB)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem problem = new(rows, columns, depth)
            {
                TransposeA = transposeA,
                TransposeB = transposeB,
                Accumulate = true,
            };
            problem.Run(Kernels(isa));
            problem.AssertResult(isa);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Operands_of_lower_precision_are_rounded_and_nothing_else_is(Isa isa, bool transposeA, bool transposeB)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem problem = new(rows, columns, depth)
            {
                Precision = Precision.Bfloat16,
                TransposeA = transposeA,
                TransposeB = transposeB,
                Accumulate = depth % 2 == 0,
                Bias = columns % 3 == 0,
                PackedBefore = rows % 4 == 0,
                Gap = 1,
            };
            problem.Run(Kernels(isa));
            problem.AssertResult(isa);
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void What_lies_between_the_rows_of_the_result_stays(Isa isa)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem problem = new(rows, columns, depth) { Gap = 3, Accumulate = depth % 2 == 0 };
            problem.Run(Kernels(isa));
            problem.AssertResult(isa);
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_epilogue_adds_a_bias_then_activates_then_drops(Isa isa)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem problem = new(rows, columns, depth)
            {
                Bias = rows % 3 != 0,
                Activation = (Activation)(columns % 3),
                Dropout = depth % 3 == 0 ? 0 : 0.3f,
                Gap = 2,
            };
            problem.Run(Kernels(isa));
            problem.AssertResult(isa);
        }
    }

    /// <summary>The other product has its right operand packed before, and is not divided.</summary>
    [Theory]
    [MemberData(nameof(Isas))]
    public void A_product_too_large_to_be_packed_at_once_is_divided_and_has_the_same_bits(Isa isa)
    {
        const int Rows = 37, Columns = 9000, Depth = 1100;
        foreach (Precision precision in new[] { Precision.Float32, Precision.Bfloat16 })
        {
            foreach (bool accumulate in new[] { false, true })
            {
                float[] Result(bool packedBefore)
                {
                    using MatrixProductProblem problem = new(Rows, Columns, Depth)
                    {
                        Precision = precision,
                        TransposeA = !accumulate,
                        TransposeB = accumulate,
                        Accumulate = accumulate,
                        Bias = true,
                        Activation = Activation.Gelu,
                        Dropout = 0.3f,
                        PackedBefore = packedBefore,
                    };
                    problem.Run(Kernels(isa));
                    return problem.Result.Span.ToArray();
                }

                Assert.True(Bits.Equal(Result(packedBefore: true), Result(packedBefore: false)), $"{precision}, accumulates: {accumulate}");
            }
        }

        MatrixProductArguments large = new() { Rows = Rows, Columns = Columns, Depth = Depth };
        Assert.Equal((256, 512), (large.DepthAtOnce(256), large.DepthAtOnce(512)));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_number_of_threads_changes_no_bit(Isa isa)
    {
        foreach ((int rows, int columns, int depth) in Sizes.Append((301, 517, 129)))
        {
            using MatrixProductProblem problem = new(rows, columns, depth) { Bias = true, Dropout = 0.1f };
            problem.Run(Kernels(isa));
            float[] one = problem.Result.Span.ToArray();
            foreach (int threads in new[] { 2, 3 })
            {
                problem.Run(Kernels(isa, threads));
                Assert.True(Bits.Equal(one, problem.Result.Span), $"{isa}, {threads} threads, {rows} x {columns} x {depth}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void An_operand_that_was_packed_before_changes_no_bit(Isa isa, bool transposeA, bool transposeB)
    {
        foreach ((int rows, int columns, int depth) in Sizes)
        {
            using MatrixProductProblem together = new(rows, columns, depth) { TransposeA = transposeA, TransposeB = transposeB, Bias = true };
            using MatrixProductProblem before = new(rows, columns, depth)
            {
                TransposeA = transposeA,
                TransposeB = transposeB,
                Bias = true,
                PackedBefore = true,
            };
            together.Run(Kernels(isa));
            before.Run(Kernels(isa, 2));
            Assert.True(Bits.Equal(together.Result.Span, before.Result.Span), $"{isa}, {rows} x {columns} x {depth}");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public unsafe void NaN_passes_through_bias_and_activation(Isa isa)
    {
        float[] ones = new float[19];
        Array.Fill(ones, 1);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            float[] a = [float.NaN], c = new float[19];
            fixed (float* left = a, right = ones, result = c)
            {
                MatrixProductArguments arguments = new()
                {
                    Rows = 1,
                    Columns = 19,
                    Depth = 1,
                    A = new MatrixOperand(left, 1, 1),
                    B = new MatrixOperand(right, 19, 1),
                    C = result,
                    Stride = 19,
                    Epilogue = { Bias = right, Activation = activation },
                };
                Kernels(isa).MatrixProduct(arguments);
            }

            Assert.All(c, value => Assert.True(float.IsNaN(value), $"{activation}: {value}"));
        }
    }
}
