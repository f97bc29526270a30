using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>
/// Cross-entropy over parts of weights, as an adaptive softmax uses it: one operation over the first rows of a table and the
/// rows of a second weight, another over the last rows of the same table.
/// </summary>
public static class SoftmaxPartCases
{
    /// <summary>Cases for tests; the parts of the one with 8200 rows pass by in tiles of 256 columns.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, 1, 1, 1, 1, 1),
        Case(3, 2, 5, 4, 2, 1, bias: true),
        Case(11, 4, 7, 20, 3, 37, bias: true),
        Case(29, 13, 16, 33, 1, 171),
        Case(8200, 5, 2, 300, 259, 7, bias: true),
        SecondPartOfTheSameWeight(9, 6, 23, 5, 11),
    ];

    /// <summary>Rows of D; a table of <paramref name="head"/> + <paramref name="tail"/> rows, and another weight for clusters.</summary>
    public static OpCase Case(int rows, int tailRows, int columns, int head, int clusters, int tail, bool bias = false)
    {
        string name = $"cross-entropy of parts, rows={rows} and {tailRows} D={columns} V={head} + {clusters} and {tail} bias={bias}";
        RandomValues random = new(name);
        int[] headTargets = random.Indices(rows, head + clusters), tailTargets = random.Indices(tailRows, tail);
        List<OpInput> inputs =
        [
            OpInput.Random(random, "input", new Shape(rows, columns)),
            OpInput.Random(random, "tail input", new Shape(tailRows, columns)),
            OpInput.Random(random, "table", new Shape(head + tail, columns)),
            OpInput.Random(random, "clusters", new Shape(clusters, columns)),
        ];
        if (bias)
        {
            inputs.Add(OpInput.Random(random, "bias", new Shape(head + tail)));
            inputs.Add(OpInput.Random(random, "cluster bias", new Shape(clusters)));
        }

        return new OpCase
        {
            Name = name,
            Operation = typeof(CrossEntropyOperation),
            Inputs = inputs,
            OutputsWithoutGradient = 2,
            Build = (tape, x) =>
            {
                Tensor headNll = tape.Allocate(new Shape(rows)), tailNll = tape.Allocate(new Shape(tailRows));
                Variable? tableBias = bias ? x[4] : null, clusterBias = bias ? x[5] : null;
                SoftmaxPart clusterPart = new(x[3], clusterBias, 0, clusters);
                return
                [
                    tape.CrossEntropy(x[0], new(x[2], tableBias, 0, head), clusterPart, tape.Allocate(headTargets), rows + 1, headNll),
                    tape.CrossEntropy(x[1], new(x[2], tableBias, head, tail), null, tape.Allocate(tailTargets), rows + 1, tailNll),
                    tape.Constant(headNll), tape.Constant(tailNll),
                ];
            },
            Oracle = x =>
            {
                int cut = head * columns;
                double[]? headBias = bias ? [.. x[4][..head], .. x[5]] : null, tailBias = bias ? x[4][head..] : null;
                double[] headNll = CrossEntropyOracle.PerToken(x[0], [.. x[2][..cut], .. x[3]], headBias, headTargets, columns);
                double[] tailNll = CrossEntropyOracle.PerToken(x[1], x[2][cut..], tailBias, tailTargets, columns);
                return [[headNll.Sum() / (rows + 1)], [tailNll.Sum() / (rows + 1)], headNll, tailNll];
            },
            Reduction = head + clusters + tail + columns,
            GradientReduction = Math.Max(head + clusters + tail, rows),
            Magnitude = 1,
            GradientMagnitude = 1.0 / rows,
            Flops = (((double)rows * (head + clusters)) + ((double)tailRows * tail)) * ((2 * columns) + 20),
        };
    }

    /// <summary>Rows [first, first + count) of a weight before all rows of the same weight.</summary>
    public static OpCase SecondPartOfTheSameWeight(int rows, int columns, int vocabulary, int first, int count)
    {
        string name = $"cross-entropy of a weight twice, rows={rows} D={columns} V={vocabulary} first={first} count={count}";
        RandomValues random = new(name);
        int[] targets = random.Indices(rows, count + vocabulary);
        return new OpCase
        {
            Name = name,
            Operation = typeof(CrossEntropyOperation),
            Inputs = [OpInput.Random(random, "input", new Shape(rows, columns)), OpInput.Random(random, "weight", new Shape(vocabulary, columns))],
            Build = (tape, x) =>
            [
                tape.CrossEntropy(
                    x[0], new SoftmaxPart(x[1], null, first, count), new SoftmaxPart(x[1], null, 0, vocabulary), tape.Allocate(targets), 1),
            ],
            Oracle = x => [[CrossEntropyOracle.PerToken(x[0], [.. x[1][(first * columns)..((first + count) * columns)], .. x[1]], null, targets, columns).Sum()]],
            Reduction = count + vocabulary + columns,
            GradientReduction = count + vocabulary,
            Magnitude = 1,
            GradientMagnitude = 1,
            Flops = (double)rows * (count + vocabulary) * ((2 * columns) + 20),
        };
    }
}
