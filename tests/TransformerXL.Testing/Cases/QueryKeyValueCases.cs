using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Queries of the segment, keys and values of memory and segment.</summary>
public static class QueryKeyValueCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, 0, 1, 3, 5, memoryGradient: false),
        Case(4, 3, 2, 7, 10, memoryGradient: false),
        Case(4, 3, 2, 7, 10, memoryGradient: true),
        Case(2, 9, 3, 33, 41, memoryGradient: true),
        Case(5, 0, 2, 17, 12, memoryGradient: true),
    ];

    /// <summary>L rows after M of memory, B streams, rows of d, H d_h components.</summary>
    public static OpCase Case(int l, int m, int b, int d, int heads, bool memoryGradient)
    {
        string name = $"query, key, value L={l} M={m} B={b} d={d} H d_h={heads} memory gradient={memoryGradient}";
        RandomValues random = new(name);
        return new OpCase
        {
            Name = name,
            Operation = typeof(QueryKeyValueOperation),
            Inputs =
            [
                OpInput.Random(random, "input", new Shape(m + l, b, d)) with { SingleReader = true, RowsWithoutGradient = memoryGradient ? 0 : m },
                OpInput.Random(random, "weight", new Shape(3 * heads, d), 1 / Math.Sqrt(d)),
            ],
            Build = (tape, x) =>
            {
                (Variable queries, Variable keysValues) = tape.QueryKeyValue(x[0], x[1], m, memoryGradient);
                return [queries, keysValues];
            },
            Oracle = x =>
            [
                LinearOracle.Forward(x[0][(m * b * d)..], x[1][..(heads * d)], null, d, heads, Activation.None, DropoutOracle.None),
                LinearOracle.Forward(x[0], x[1][(heads * d)..], null, d, 2 * heads, Activation.None, DropoutOracle.None),
            ],
            Reduction = d,
            GradientReduction = Math.Max(3 * heads, (m + l) * b),
            Flops = 2.0 * b * d * heads * (l + (2 * (m + l))),
        };
    }
}
