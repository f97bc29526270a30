using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Layers of gated recurrent units and of simple recurrent cells.</summary>
public static class RecurrentCases
{
    private static readonly (int T, int B, int I, int H)[] s_sizes =
        [(1, 1, 1, 1), (1, 1, 7, 5), (1, 4, 3, 16), (6, 1, 5, 9), (9, 3, 14, 20), (4, 2, 33, 17), (5, 13, 20, 31), (3, 2, 6, 65), (2, 1, 3, 259), (30, 2, 4, 6)];

    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        .. s_sizes.Select(size => Gru(size.T, size.B, size.I, size.H)),
        .. s_sizes.Select(size => Rnn(size.T, size.B, size.I, size.H, rectifies: false)),
        .. s_sizes.Select(size => Rnn(size.T, size.B, size.I, size.H, rectifies: true)),
        Gru(7, 2, 9, 11, deviation: 6),
        Rnn(2, 5, 3, 1030, rectifies: false),
    ];

    /// <summary>T time steps, B streams, rows of I, H hidden units.</summary>
    public static OpCase Gru(int t, int b, int i, int h, double deviation = 1) => Case(
        $"gru T={t} B={b} I={i} H={h} deviation={deviation}", typeof(GruOperation), 3, t, b, i, h, deviation,
        (tape, x) => tape.Gru(x[0], x[1].Value, x[2], x[3], x[4], x[5]), (oracle, x) => oracle.Gru(x));

    /// <summary>T time steps, B streams, rows of I, H hidden units.</summary>
    public static OpCase Rnn(int t, int b, int i, int h, bool rectifies) => Case(
        $"rnn {(rectifies ? "relu" : "tanh")} T={t} B={b} I={i} H={h}", typeof(RnnOperation), 1, t, b, i, h, 1,
        (tape, x) => tape.Rnn(x[0], x[1].Value, x[2], x[3], x[4], x[5], rectifies), (oracle, x) => oracle.Rnn(x, rectifies));

    private static OpCase Case(
        string name, Type operation, int gates, int t, int b, int i, int h, double deviation,
        Func<Tape, IReadOnlyList<Variable>, (Variable Hidden, Tensor FinalHidden)> build, Func<RecurrentOracle, IReadOnlyList<double[]>, IReadOnlyList<double[]>> expected)
    {
        RandomValues random = new(name);
        RecurrentOracle oracle = new(t, b, i, h);
        return new OpCase
        {
            Name = name,
            Operation = operation,
            Inputs =
            [
                OpInput.Random(random, "input", new Shape(t, b, i), deviation),
                OpInput.Random(random, "hidden state", new Shape(b, h), 0.5) with { HasGradient = false },
                OpInput.Random(random, "input weight", new Shape(gates * h, i), 1 / Math.Sqrt(i)),
                OpInput.Random(random, "recurrent weight", new Shape(gates * h, h), 0.7 / Math.Sqrt(h)),
                OpInput.Random(random, "input bias", new Shape(gates * h), 0.5),
                OpInput.Random(random, "recurrent bias", new Shape(gates * h), 0.5),
            ],
            OutputsWithoutGradient = 1,
            Build = (tape, x) =>
            {
                (Variable output, Tensor hidden) = build(tape, x);
                return [output, tape.Constant(hidden)];
            },
            Oracle = x => expected(oracle, x),
            Reduction = i + h,
            GradientReduction = Math.Max(gates * h, t * b),
            Magnitude = 1,
            GradientMagnitude = 1,
            Flops = 2.0 * t * b * gates * h * (i + h),
        };
    }
}
