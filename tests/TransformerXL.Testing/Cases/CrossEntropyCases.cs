using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Softmax cross-entropy. A tile of logits holds 2^21 floats and at least 256 columns.</summary>
public static class CrossEntropyCases
{
    /// <summary>Cases for tests; the vocabulary of the last one passes by in three tiles.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, 1, 1),
        Case(3, 4, 7),
        Case(2, 3, 2, bias: true),
        Case(10, 5, 33, bias: true),
        Case(13, 29, 205, bias: true),
        Case(41, 16, 517),
        Case(6, 8, 40, bias: true, deviation: 6),
        Case(8200, 2, 520, bias: true),
    ];

    /// <summary>Rows of D, V tokens.</summary>
    public static OpCase Case(int rows, int columns, int vocabulary, bool bias = false, double deviation = 1)
    {
        string name = $"cross-entropy rows={rows} D={columns} V={vocabulary} bias={bias} deviation={deviation}";
        RandomValues random = new(name);
        int[] targets = random.Indices(rows, vocabulary);
        List<OpInput> inputs =
        [
            OpInput.Random(random, "input", new Shape(rows, columns), deviation),
            OpInput.Random(random, "weight", new Shape(vocabulary, columns)),
        ];
        if (bias)
        {
            inputs.Add(OpInput.Random(random, "bias", new Shape(vocabulary)));
        }

        return new OpCase
        {
            Name = name,
            Operation = typeof(CrossEntropyOperation),
            Inputs = inputs,
            OutputsWithoutGradient = 1,
            Build = (tape, x) =>
            {
                Tensor perToken = tape.Allocate(new Shape(rows));
                Variable mean = tape.CrossEntropy(x[0], x[1], bias ? x[2] : null, tape.Allocate(targets), perToken);
                return [mean, tape.Constant(perToken)];
            },
            Oracle = x =>
            {
                double[] nll = CrossEntropyOracle.PerToken(x[0], x[1], bias ? x[2] : null, targets, columns);
                return [[nll.Average()], nll];
            },
            Reduction = vocabulary + columns,
            GradientReduction = Math.Max(vocabulary, rows),
            Magnitude = 1,
            GradientMagnitude = 1.0 / rows,
            Flops = (double)rows * vocabulary * ((2 * columns) + 20),
        };
    }
}
