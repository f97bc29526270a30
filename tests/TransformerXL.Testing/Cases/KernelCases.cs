using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Kernels that are no operation of a tape: the plain matrix product and Adam.</summary>
public static class KernelCases
{
    private static readonly AdamOracle AdamRule = new(0.01, 0.9, 0.999, 1e-8, 0.1, 0.5);

    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        MatrixProduct(1, 1, 1),
        MatrixProduct(31, 45, 300),
        Adam(1, 1),
        Adam(37, 3),
        Adam(20_000, 100),
        Adam(37, 3, amsGrad: true),
    ];

    /// <summary>C (rows, columns) = A B.</summary>
    public static OpCase MatrixProduct(int rows, int columns, int depth)
    {
        string name = $"matrix product {rows} x {columns} x {depth}";
        RandomValues random = new(name);
        return new OpCase
        {
            Name = name,
            Inputs = [Constant(random, "a", new Shape(rows, depth)), Constant(random, "b", new Shape(depth, columns))],
            OutputsWithoutGradient = 1,
            Build = (tape, x) => [Multiply(tape, x[0].Value, x[1].Value)],
            Oracle = x => [MatrixOracle.Product(x[0], x[1], rows, columns, depth)],
            Reduction = depth,
            GradientReduction = 1,
            Flops = 2.0 * rows * columns * depth,
        };
    }

    /// <summary>One step of so many values, which counts as step <paramref name="step"/>.</summary>
    public static OpCase Adam(int count, int step, bool amsGrad = false)
    {
        string name = $"adam {count} step {step} AMSGrad={amsGrad}";
        RandomValues random = new(name);
        Shape shape = new(count);
        return new OpCase
        {
            Name = name,
            Inputs =
            [
                Constant(random, "value", shape), Constant(random, "gradient", shape), Constant(random, "first moment", shape),
                Square(Constant(random, "second moment", shape)), Square(Constant(random, "largest second moment", shape)),
            ],
            OutputsWithoutGradient = 4,
            Build = (tape, x) => AdamStep(tape, x, step, amsGrad),
            Oracle = x =>
            {
                AdamValues[] results = [.. Enumerable.Range(0, count).Select(i => AdamRule.Step(x[0][i], x[1][i], x[2][i], x[3][i], step, x[4][i], amsGrad))];
                return
                [
                    [.. results.Select(r => r.Value)], [.. results.Select(r => r.FirstMoment)], [.. results.Select(r => r.SecondMoment)],
                    amsGrad ? [.. results.Select(r => r.Largest)] : x[4],
                ];
            },
            Reduction = 1,
            GradientReduction = 1,
            Flops = 14.0 * count,
        };
    }

    private static OpInput Constant(RandomValues random, string name, Shape shape) => OpInput.Random(random, name, shape) with { HasGradient = false };

    private static OpInput Square(OpInput input) => input with { Values = Array.ConvertAll(input.Values, value => value * value) };

    private static Variable Multiply(Tape tape, Tensor a, Tensor b)
    {
        Tensor c = tape.Allocate(new Shape(a.Shape[0], b.Shape[1]));
        tape.Backend.Multiply(Matrix.Of(a), Matrix.Of(b), c, Precision.Float32);
        return tape.Constant(c);
    }

    private static IReadOnlyList<Variable> AdamStep(Tape tape, IReadOnlyList<Variable> x, int step, bool amsGrad)
    {
        Tensor[] run = [.. x.Select(input => tape.Allocate(input.Shape))];
        for (int i = 0; i < run.Length; i++)
        {
            x[i].Value.CopyTo(run[i]);
        }

        AdamConstants constants = new()
        {
            GradientScale = (float)AdamRule.GradientScale,
            WeightDecay = (float)AdamRule.WeightDecay,
            Beta1 = (float)AdamRule.Beta1,
            Beta2 = (float)AdamRule.Beta2,
            Epsilon = (float)AdamRule.Epsilon,
            OneMinusBeta1 = (float)(1 - AdamRule.Beta1),
            OneMinusBeta2 = (float)(1 - AdamRule.Beta2),
            StepSize = (float)(AdamRule.LearningRate / (1 - Math.Pow(AdamRule.Beta1, step))),
            SecondMomentScale = (float)(1 / Math.Sqrt(1 - Math.Pow(AdamRule.Beta2, step))),
        };
        tape.Backend.AdamStep(constants, run[0], run[1], MomentPrecision.Float32, run[2], run[3], amsGrad ? run[4] : default);
        return [tape.Constant(run[0]), tape.Constant(run[2]), tape.Constant(run[3]), tape.Constant(run[4])];
    }
}
