using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Layer normalisation with what stands before it.</summary>
public static class LayerNormCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(new Shape(1, 2)),
        Case(new Shape(1, 5)),
        Case(new Shape(3, 2, 17)),
        Case(new Shape(40, 64), residual: true),
        Case(new Shape(5, 3, 41), residual: true),
        Case(new Shape(600, 7), residual: true),
        Case(new Shape(4, 513)),
        Case(new Shape(6, 2, 33), dropout: 0.3f),
        Case(new Shape(35, 2, 19), residual: true, dropout: 0.2f),
        Case(new Shape(5, 3, 19), residual: true, epsilon: 0.3f),
        Case(new Shape(7, 34), epsilon: 1e-12f),
        Doubled(new Shape(3, 2, 21)),
    ];

    /// <summary>One value as input and as residual.</summary>
    public static OpCase Doubled(Shape shape)
    {
        string name = $"layer norm {shape} of a value added to itself";
        RandomValues random = new(name);
        return new OpCase
        {
            Name = name,
            Operation = typeof(LayerNormOperation),
            Inputs =
            [
                OpInput.Random(random, "input", shape),
                OpInput.Random(random, "gain", new Shape(shape.Columns)),
                OpInput.Random(random, "bias", new Shape(shape.Columns)),
            ],
            Build = (tape, x) => [tape.LayerNorm(x[0], x[0], x[1], x[2])],
            Oracle = x => [LayerNormOracle.Forward(x[0], x[0], x[1], x[2], DropoutOracle.None)],
            Reduction = shape.Columns,
            GradientReduction = Math.Max(shape.Columns, shape.Rows),
            GradientMagnitude = 1,
            Flops = 8.0 * shape.Count,
        };
    }

    /// <summary>Rows along the last axis.</summary>
    public static OpCase Case(Shape shape, bool residual = false, float dropout = 0, float epsilon = 1e-5f)
    {
        string name = $"layer norm {shape} residual={residual} dropout={dropout}{(epsilon == 1e-5f ? "" : $" epsilon={epsilon}")}";
        RandomValues random = new(name);
        DropoutOracle mask = new(dropout, OpCase.Seed, OpCase.Step, 1);
        List<OpInput> inputs =
        [
            OpInput.Random(random, "input", shape),
            OpInput.Random(random, "gain", new Shape(shape.Columns)),
            OpInput.Random(random, "bias", new Shape(shape.Columns)),
        ];
        if (residual)
        {
            inputs.Add(OpInput.Random(random, "residual", shape));
        }

        return new OpCase
        {
            Name = name,
            Operation = typeof(LayerNormOperation),
            Inputs = inputs,
            Build = (tape, x) => [tape.LayerNorm(x[0], residual ? x[3] : null, x[1], x[2], dropout, epsilon: epsilon)],
            Oracle = x => [LayerNormOracle.Forward(x[0], residual ? x[3] : null, x[1], x[2], mask, epsilon)],
            Reduction = shape.Columns,
            GradientReduction = Math.Max(shape.Columns, shape.Rows),
            GradientMagnitude = 1,
            Flops = 8.0 * shape.Count,
        };
    }
}
