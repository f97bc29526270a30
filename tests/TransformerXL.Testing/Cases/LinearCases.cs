using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Linear layers.</summary>
public static class LinearCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(new Shape(1, 1), 1),
        Case(new Shape(3, 5), 7, bias: true),
        Case(new Shape(13, 37), 29),
        Case(new Shape(4, 3, 17), 41, bias: true, activation: Activation.Relu),
        Case(new Shape(2, 2, 3, 5), 7, bias: true),
        Case(new Shape(9), 4, activation: Activation.Relu),
        Case(new Shape(70, 300), 65, bias: true, activation: Activation.Relu),
        Case(new Shape(7, 19), 33, transposed: true),
        Case(new Shape(3, 2, 9), 40, bias: true, transposed: true),
        Case(new Shape(11, 23), 35, bias: true, activation: Activation.Relu, dropout: 0.25f),
        Case(new Shape(5, 2, 13), 130, activation: Activation.Relu, dropout: 0.5f),
        Case(new Shape(9, 14), 67, bias: true, dropout: 0.3f),
        Case(new Shape(1, 1), 1, activation: Activation.Gelu),
        Case(new Shape(4, 3, 17), 41, bias: true, activation: Activation.Gelu),
        Case(new Shape(70, 300), 65, bias: true, activation: Activation.Gelu),
        Case(new Shape(11, 23), 35, bias: true, activation: Activation.Gelu, dropout: 0.25f),
        Case(new Shape(7, 19), 33, transposed: true, activation: Activation.Gelu),
    ];

    /// <summary>x of a shape whose last axis is the inner one.</summary>
    public static OpCase Case(Shape input, int outer, bool bias = false, Activation activation = Activation.None, bool transposed = false, float dropout = 0)
    {
        string name = $"linear {input} to {outer} bias={bias} activation={activation} transposed={transposed} dropout={dropout}";
        RandomValues random = new(name);
        int inner = input.Columns;
        DropoutOracle mask = new(dropout, OpCase.Seed, OpCase.Step, 1);
        List<OpInput> inputs =
        [
            OpInput.Random(random, "input", input),
            OpInput.Random(random, "weight", transposed ? new Shape(inner, outer) : new Shape(outer, inner), 1 / Math.Sqrt(inner)),
        ];
        if (bias)
        {
            inputs.Add(OpInput.Random(random, "bias", new Shape(outer), 0.5));
        }

        return new OpCase
        {
            Name = name,
            Operation = typeof(LinearOperation),
            Inputs = inputs,
            Build = (tape, x) =>
                [tape.Rent<LinearOperation>().Forward(tape, x[0], x[1], bias ? x[2] : null, transposed, activation, dropout)],
            Oracle = x =>
            {
                double[] weight = transposed ? MatrixOracle.Transpose(x[1], inner, outer) : x[1];
                return [LinearOracle.Forward(x[0], weight, bias ? x[2] : null, inner, outer, activation, mask)];
            },
            Reduction = inner,
            GradientReduction = Math.Max(outer, input.Rows),
            Flops = 2.0 * input.Rows * inner * outer,
        };
    }
}
