using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Primitives: sums, products, activations, softmax, and rows in another order or averaged.</summary>
public static class PrimitiveCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Add(new Shape(1)),
        Add(new Shape(3, 2, 19)),
        Multiply(new Shape(1)),
        Multiply(new Shape(3, 2, 19)),
        Multiply(new Shape(5, 2001)),
        Square(new Shape(3, 37)),
        Recompute(new Shape(1)),
        Recompute(new Shape(3, 2, 19)),
        Activation(new Shape(1), tanh: true),
        Activation(new Shape(2, 3, 4, 5), tanh: true),
        Activation(new Shape(5, 1001), tanh: true),
        Activation(new Shape(1), tanh: false),
        Activation(new Shape(3, 2, 19), tanh: false),
        Activation(new Shape(5, 1001), tanh: false),
        Gated(new Shape(2), gelu: false),
        Gated(new Shape(3, 2, 38), gelu: false),
        Gated(new Shape(5, 2002), gelu: false),
        Gated(new Shape(2, 3, 14), gelu: false, dropout: 0.25f),
        Gated(new Shape(2), gelu: true),
        Gated(new Shape(3, 2, 38), gelu: true),
        Gated(new Shape(5, 2002), gelu: true),
        Gated(new Shape(2, 3, 14), gelu: true, dropout: 0.25f),
        Softmax(new Shape(1)),
        Softmax(new Shape(3, 1)),
        Softmax(new Shape(7)),
        Softmax(new Shape(3, 2, 19)),
        Softmax(new Shape(37, 130)),
        MatrixProduct(new Shape(1, 1), 1),
        MatrixProduct(new Shape(3, 2, 9), 40),
        MatrixProduct(new Shape(37, 70), 21),
        Join(new Shape(3), [2]),
        Join(new Shape(3, 2, 17), [3, 1, 4]),
        Join(new Shape(5, 900), [1, 7]),
        ReverseRows(new Shape(1)),
        ReverseRows(new Shape(5, 2, 17)),
        ReverseRows(new Shape(8, 900)),
        ReverseStreams(new Shape(7, 4, 5), [7, 1, 0, 5]),
        Beside(new Shape(1, 1), 1),
        Beside(new Shape(4, 3, 5), 17),
        MeanRows(new Shape(1, 1, 1), null),
        MeanRows(new Shape(7, 3, 37), null),
        MeanRows(new Shape(7, 4, 37), [7, 1, 0, 5]),
    ];

    /// <summary>(a + b) a as a part that is computed again in the backward pass and reads b beside its input.</summary>
    public static OpCase Recompute(Shape shape) => Case(
        $"recompute {shape}", typeof(RecomputeOperation), [shape, shape], (tape, x) => tape.Recompute(x[0], a => tape.Multiply(tape.Add(a, x[1]), a)), x => [.. x[0].Zip(x[1], (a, b) => (a + b) * a)]);

    /// <summary>a + b.</summary>
    public static OpCase Add(Shape shape) => Case(
        $"add {shape}", typeof(ResidualOperation), [shape, shape], (tape, x) => tape.Add(x[0], x[1]), x => [.. x[0].Zip(x[1], (a, b) => a + b)]);

    /// <summary>a b.</summary>
    public static OpCase Multiply(Shape shape) => Case(
        $"multiply {shape}", typeof(MultiplyOperation), [shape, shape], (tape, x) => tape.Multiply(x[0], x[1]), x => [.. x[0].Zip(x[1], (a, b) => a * b)]);

    /// <summary>tanh x or sigmoid x.</summary>
    public static OpCase Activation(Shape shape, bool tanh) => Case(
        $"{(tanh ? "tanh" : "sigmoid")} {shape}", typeof(ActivationOperation), [shape],
        (tape, x) => tanh ? tape.Tanh(x[0]) : tape.Sigmoid(x[0]),
        x => Array.ConvertAll(x[0], value => tanh ? Math.Tanh(value) : 1 / (1 + Math.Exp(-value))));

    /// <summary>SiLU(u) v or GELU(u) v for rows of u beside v.</summary>
    public static OpCase Gated(Shape shape, bool gelu, float dropout = 0) => Case(
        $"{(gelu ? "geglu" : "swiglu")} {shape} dropout={dropout}", typeof(GatedOperation), [shape],
        (tape, x) => gelu ? tape.GeGlu(x[0], dropout) : tape.SwiGlu(x[0], dropout),
        x => new DropoutOracle(dropout, OpCase.Seed, OpCase.Step, 1).Apply(GatedOracle.Forward(gelu ? GatingFunction.Gelu : GatingFunction.Silu, x[0], shape.Columns / 2)));

    /// <summary>The softmax over the last axis.</summary>
    public static OpCase Softmax(Shape shape) => Case(
        $"softmax {shape}", typeof(SoftmaxOperation), [shape], (tape, x) => tape.Softmax(x[0]),
        x => [.. x[0].Chunk(shape.Columns).SelectMany(SoftmaxOf)], shape.Columns);

    /// <summary>A B.</summary>
    public static OpCase MatrixProduct(Shape first, int columns) => Case(
        $"matrix product {first} by {columns}", typeof(LinearOperation), [first, new Shape(first.Columns, columns)],
        (tape, x) => tape.MatrixProduct(x[0], x[1]),
        x => LinearOracle.Forward(
            x[0], MatrixOracle.Transpose(x[1], first.Columns, columns), null, first.Columns, columns, Tensors.Activation.None, new DropoutOracle(0, 0, 0, 0)),
        Math.Max(first.Columns, Math.Max(first.Rows, columns)), 2.0 * first.Count * columns);

    /// <summary>Several values along time; the first axis of the shape is not read.</summary>
    public static OpCase Join(Shape shape, int[] lengths) => Case(
        $"concatenate {string.Join(' ', lengths)} rows of {shape}", typeof(JoinOperation), [.. lengths.Select(shape.WithFirst)],
        (tape, x) => tape.Concatenate(x.ToArray().AsSpan()), x => [.. x.SelectMany(part => part)]);

    /// <summary>The rows along time, the last one first.</summary>
    public static OpCase ReverseRows(Shape shape) => Case(
        $"reverse rows {shape}", typeof(ReverseRowsOperation), [shape], (tape, x) => tape.ReverseRows(x[0]),
        x => [.. x[0].Chunk((int)shape.Count / shape[0]).Reverse().SelectMany(row => row)]);

    /// <summary>The last row of each stream first.</summary>
    public static OpCase ReverseStreams(Shape shape, int[] lengths) => Case(
        $"reverse rows {shape} lengths={string.Join(' ', lengths)}", typeof(ReverseRowsOperation), [shape], (tape, x) => tape.ReverseRows(x[0], tape.Allocate(lengths)),
        x => [.. Enumerable.Range(0, (int)shape.Count).Select(i =>
        {
            int t = i / (shape[1] * shape[2]), length = lengths[i / shape[2] % shape[1]];
            return x[0][i + (t < length ? (length - 1 - (2 * t)) * shape[1] * shape[2] : 0)];
        })]);

    /// <summary>Rows side by side.</summary>
    public static OpCase Beside(Shape shape, int columns) => Case(
        $"beside {shape} {columns}", typeof(BesideOperation), [shape, shape.WithLast(columns)], (tape, x) => tape.Beside(x[0], x[1]),
        x => [.. x[0].Chunk(shape.Columns).Zip(x[1].Chunk(columns)).SelectMany(rows => rows.First.Concat(rows.Second))]);

    /// <summary>The mean along time.</summary>
    public static OpCase MeanRows(Shape shape, int[]? lengths) => Case(
        $"mean rows {shape} lengths={(lengths is null ? "none" : string.Join(' ', lengths))}", typeof(MeanRowsOperation), [shape],
        (tape, x) => tape.MeanRows(x[0], lengths is null ? default : tape.Allocate(lengths)),
        x => MeanOf(x[0], shape, lengths), shape[0]);

    /// <summary>x x: both factors are the same variable, whose gradient is added to twice.</summary>
    private static OpCase Square(Shape shape) => Case(
        $"square {shape}", typeof(MultiplyOperation), [shape], (tape, x) => tape.Multiply(x[0], x[0]), x => Array.ConvertAll(x[0], value => value * value));

    private static double[] SoftmaxOf(double[] row)
    {
        double max = row.Max();
        double[] values = Array.ConvertAll(row, value => Math.Exp(value - max));
        double sum = values.Sum();
        return Array.ConvertAll(values, value => value / sum);
    }

    private static double[] MeanOf(double[] x, Shape shape, int[]? lengths)
    {
        int streams = shape[1], columns = shape[2];
        double[] mean = new double[streams * columns];
        for (int i = 0; i < x.Length; i++)
        {
            int time = i / (streams * columns), place = i % (streams * columns), length = lengths?[place / columns] ?? shape[0];
            mean[place] += time < length ? x[i] / length : 0;
        }

        return mean;
    }

    private static OpCase Case(
        string name, Type operation, Shape[] shapes, Func<Tape, IReadOnlyList<Variable>, Variable> build, Func<IReadOnlyList<double[]>, double[]> oracle, int reduction = 1, double? flops = null)
    {
        RandomValues random = new(name);
        return new OpCase
        {
            Name = name,
            Operation = operation,
            Inputs = [.. shapes.Select((shape, i) => OpInput.Random(random, $"input {i}", shape))],
            Build = (tape, x) => [build(tape, x)],
            Oracle = x => [oracle(x)],
            Reduction = reduction,
            GradientReduction = reduction,
            Flops = flops ?? shapes.Sum(shape => (double)shape.Count),
        };
    }
}
