using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Conditional random fields.</summary>
public static class CrfCases
{
    /// <summary>Cases for tests. Scores with a large deviation lie too far apart for sums in float32.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, [1]),
        Case(1, [3, 2]),
        Case(3, [1]),
        Case(4, [5, 0, 2, 7]),
        Case(9, [3, 3, 1, 6, 2]),
        Case(37, [4, 9]),
        Case(5, [6, 4], deviation: 60),
        Case(19, [9, 2, 5], deviation: 40),
    ];

    /// <summary>So many labels, and sequences of these lengths.</summary>
    public static OpCase Case(int labels, int[] lengths, double deviation = 1)
    {
        string name = $"crf loss C={labels} lengths={string.Join(' ', lengths)} deviation={deviation}";
        RandomValues random = new(name);
        int elements = lengths.Sum();
        int[] targets = random.Indices(elements, labels);
        return new OpCase
        {
            Name = name,
            Operation = typeof(CrfLossOperation),
            Inputs =
            [
                OpInput.Random(random, "emissions", new Shape(elements, labels)),
                OpInput.Random(random, "transitions", new Shape(labels, labels), deviation),
                OpInput.Random(random, "start", new Shape(labels), deviation),
                OpInput.Random(random, "end", new Shape(labels), deviation),
            ],
            Build = (tape, x) => [tape.CrfLoss(x[0], x[1], x[2], x[3], tape.Allocate(targets), tape.Allocate(lengths))],
            Oracle = x => [[new CrfOracle(labels, x[1], x[2], x[3]).Loss(x[0], targets, lengths)]],
            Reduction = elements * labels,
            GradientReduction = elements * labels,
            GradientMagnitude = 0.02,
            Flops = 2.0 * elements * labels * labels,
        };
    }
}
