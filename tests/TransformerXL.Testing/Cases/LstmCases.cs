using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Layers of long short-term memory.</summary>
public static class LstmCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Case(1, 1, 1, 1),
        Case(1, 1, 7, 5),
        Case(1, 4, 3, 16),
        Case(6, 1, 5, 9),
        Case(9, 3, 14, 20),
        Case(4, 2, 33, 17),
        Case(5, 13, 20, 31),
        Case(3, 2, 6, 65),
        Case(2, 1, 3, 259),
        Case(30, 2, 4, 6),
        Case(7, 2, 9, 11, deviation: 6),
        Projected(1, 1, 1, 2, 1),
        Projected(4, 3, 5, 9, 4),
        Projected(9, 2, 14, 33, 16),
        Projected(3, 13, 7, 20, 17),
        Projected(2, 1, 3, 259, 65),
    ];

    /// <summary>With hidden states of P numbers, projected from H units.</summary>
    private static OpCase Projected(int t, int b, int i, int h, int p)
    {
        string name = $"projected lstm T={t} B={b} I={i} H={h} P={p}";
        RandomValues random = new(name);
        LstmOracle oracle = new(t, b, i, h);
        return new OpCase
        {
            Name = name,
            Operation = typeof(ProjectedLstmOperation),
            Inputs =
            [
                OpInput.Random(random, "input", new Shape(t, b, i)),
                OpInput.Random(random, "hidden state", new Shape(b, p), 0.5) with { HasGradient = false },
                OpInput.Random(random, "cell state", new Shape(b, h)) with { HasGradient = false },
                OpInput.Random(random, "input weight", new Shape(4 * h, i), 1 / Math.Sqrt(i)),
                OpInput.Random(random, "recurrent weight", new Shape(4 * h, p), 1 / Math.Sqrt(p)),
                OpInput.Random(random, "input bias", new Shape(4 * h), 0.5),
                OpInput.Random(random, "recurrent bias", new Shape(4 * h), 0.5),
                OpInput.Random(random, "projection", new Shape(p, h), 1 / Math.Sqrt(h)),
            ],
            OutputsWithoutGradient = 2,
            Build = (tape, x) =>
            {
                (Variable output, Tensor hidden, Tensor cell) = tape.ProjectedLstm(x[0], x[1].Value, x[2].Value, x[3], x[4], x[5], x[6], x[7]);
                return [output, tape.Constant(hidden), tape.Constant(cell)];
            },
            Oracle = x => oracle.Forward(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]),
            Reduction = i + p + h,
            GradientReduction = Math.Max(4 * h, t * b),
            Magnitude = 1,
            GradientMagnitude = 1,
            Flops = 2.0 * t * b * ((4 * h * (i + p)) + (h * p)),
        };
    }

    /// <summary>T time steps, B streams, rows of I, H hidden units.</summary>
    public static OpCase Case(int t, int b, int i, int h, double deviation = 1)
    {
        string name = $"lstm T={t} B={b} I={i} H={h} deviation={deviation}";
        RandomValues random = new(name);
        LstmOracle oracle = new(t, b, i, h);
        return new OpCase
        {
            Name = name,
            Operation = typeof(LstmOperation),
            Inputs =
            [
                OpInput.Random(random, "input", new Shape(t, b, i), deviation),
                OpInput.Random(random, "hidden state", new Shape(b, h), 0.5) with { HasGradient = false },
                OpInput.Random(random, "cell state", new Shape(b, h)) with { HasGradient = false },
                OpInput.Random(random, "input weight", new Shape(4 * h, i), 1 / Math.Sqrt(i)),
                OpInput.Random(random, "recurrent weight", new Shape(4 * h, h), 1 / Math.Sqrt(h)),
                OpInput.Random(random, "input bias", new Shape(4 * h), 0.5),
                OpInput.Random(random, "recurrent bias", new Shape(4 * h), 0.5),
            ],
            OutputsWithoutGradient = 2,
            Build = (tape, x) =>
            {
                (Variable output, Tensor hidden, Tensor cell) = tape.Lstm(x[0], x[1].Value, x[2].Value, x[3], x[4], x[5], x[6]);
                return [output, tape.Constant(hidden), tape.Constant(cell)];
            },
            Oracle = x => oracle.Forward(x[0], x[1], x[2], x[3], x[4], x[5], x[6]),
            Reduction = i + h,
            GradientReduction = Math.Max(4 * h, t * b),
            Magnitude = 1,
            GradientMagnitude = 1,
            Flops = 2.0 * t * b * 4 * h * (i + h),
        };
    }
}
