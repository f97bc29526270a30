using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Testing.Cases;

/// <summary>Losses and pooling of heads.</summary>
public static class HeadCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        ClassLoss(1, 1, weighted: false, smoothing: 0),
        ClassLoss(7, 5, weighted: false, smoothing: 0),
        ClassLoss(7, 5, weighted: true, smoothing: 0),
        ClassLoss(9, 19, weighted: false, smoothing: 0.1f),
        ClassLoss(33, 37, weighted: true, smoothing: 0.2f),
        BinaryLoss(1, 1, weighted: false),
        BinaryLoss(7, 5, weighted: false),
        BinaryLoss(9, 19, weighted: true),
        SquaredLoss(1, 1),
        SquaredLoss(9, 3),
        SpanLoss(1, 1, 2),
        SpanLoss(7, 3, 2),
        SpanLoss(33, 2, 1),
        MaxRows(new Shape(1, 1, 1), null),
        MaxRows(new Shape(7, 3, 37), null),
        MaxRows(new Shape(7, 4, 37), [7, 1, 0, 5]),
    ];

    /// <summary>The loss of classes; every third row does not count.</summary>
    public static OpCase ClassLoss(int rows, int classes, bool weighted, float smoothing)
    {
        string name = $"class loss {rows} rows of {classes} weighted={weighted} smoothing={smoothing}";
        RandomValues random = new("data of " + name);
        int[] targets = [.. Enumerable.Range(0, rows).Select(row => row % 3 == 2 ? -1 : random.Index(classes))];
        float[] weights = weighted ? [.. Enumerable.Range(0, classes).Select(c => 0.5f + (c % 4))] : [];
        return Case(
            name, typeof(ClassLossOperation), new Shape(rows, classes),
            (tape, x) => tape.ClassLoss(x, tape.Allocate(targets), Of(tape, weights, new Shape(Math.Max(1, weights.Length))), smoothing),
            x => ClassLossOf(x, targets, classes, c => weighted ? weights[c] : 1, smoothing), rows * classes);
    }

    /// <summary>The loss of several labels.</summary>
    public static OpCase BinaryLoss(int rows, int columns, bool weighted)
    {
        string name = $"binary loss {rows} rows of {columns} weighted={weighted}";
        RandomValues random = new("data of " + name);
        float[] targets = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)random.Index(2))];
        float[] weights = weighted ? [.. Enumerable.Range(0, columns).Select(c => 0.5f + (c % 4))] : [];
        return Case(
            name, typeof(BinaryLossOperation), new Shape(rows, columns),
            (tape, x) => tape.BinaryLoss(x, Of(tape, targets, new Shape(rows, columns)), Of(tape, weights, new Shape(Math.Max(1, weights.Length)))),
            x => x.Select((z, i) => (targets[i] * (weighted ? weights[i % columns] : 1) * Math.Log(1 + Math.Exp(-z))) + ((1 - targets[i]) * Math.Log(1 + Math.Exp(z)))).Average(),
            rows * columns);
    }

    /// <summary>The mean of squares.</summary>
    public static OpCase SquaredLoss(int rows, int columns)
    {
        string name = $"squared loss {rows} rows of {columns}";
        float[] targets = new RandomValues("data of " + name).Normal(rows * columns);
        return Case(
            name, typeof(SquaredLossOperation), new Shape(rows, columns), (tape, x) => tape.SquaredLoss(x, Of(tape, targets, new Shape(rows, columns))),
            x => x.Select((value, i) => (value - targets[i]) * (value - targets[i])).Average(), rows * columns);
    }

    /// <summary>The loss of the ends of a span; about a quarter of the tokens may not be chosen.</summary>
    public static OpCase SpanLoss(int tokens, int streams, int ends)
    {
        string name = $"span loss {tokens} tokens {streams} streams {ends} ends";
        RandomValues random = new("data of " + name);
        int[] targets = [.. Enumerable.Range(0, ends * streams).Select(_ => random.Index(tokens))];
        int[] allowed = [.. Enumerable.Range(0, tokens * streams).Select(i => random.Index(4) > 0 || Enumerable.Range(0, ends).Any(c => targets[(c * streams) + (i % streams)] == i / streams) ? 1 : 0)];
        return Case(
            name, typeof(SpanLossOperation), new Shape(tokens, streams, ends),
            (tape, x) => tape.SpanLoss(x, tape.Allocate(allowed), tape.Allocate(targets)),
            x => SpanLossOf(x, allowed, targets, tokens, streams, ends), tokens * streams);
    }

    /// <summary>The maximum along time.</summary>
    public static OpCase MaxRows(Shape shape, int[]? lengths)
    {
        string name = $"max rows {shape} lengths={(lengths is null ? "none" : string.Join(' ', lengths))}";
        int row = shape[1] * shape[2];
        return new OpCase
        {
            Name = name,
            Operation = typeof(MaxRowsOperation),
            Inputs = [OpInput.Random(new RandomValues(name), "input", shape)],
            Build = (tape, x) => [tape.MaxRows(x[0], lengths is null ? default : tape.Allocate(lengths))],
            Oracle = x => [[.. Enumerable.Range(0, row).Select(i => Enumerable.Range(0, lengths?[i / shape[2]] ?? shape[0]).Select(t => x[0][(t * row) + i]).DefaultIfEmpty(0).Max())]],
            Reduction = 1,
            GradientReduction = 1,
            Flops = shape.Count,
        };
    }

    private static OpCase Case(string name, Type operation, Shape shape, Func<Tape, Variable, Variable> build, Func<double[], double> oracle, int reduction) => new()
    {
        Name = name,
        Operation = operation,
        Inputs = [OpInput.Random(new RandomValues(name), "logits", shape)],
        Build = (tape, x) => [build(tape, x[0])],
        Oracle = x => [[oracle(x[0])]],
        Reduction = reduction,
        GradientReduction = reduction,
        Flops = shape.Count,
    };

    private static Tensor Of(Tape tape, float[] values, Shape shape)
    {
        if (values.Length == 0)
        {
            return default;
        }

        Tensor tensor = tape.Allocate(shape);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    private static double ClassLossOf(double[] x, int[] targets, int classes, Func<int, double> weight, double smoothing)
    {
        double sum = 0, divisor = 0;
        foreach ((int target, int row) in targets.Select((target, row) => (target, row)).Where(pair => pair.target >= 0))
        {
            double[] z = x[(row * classes)..((row + 1) * classes)];
            double logSum = Math.Log(z.Sum(Math.Exp));
            sum += ((1 - smoothing) * weight(target) * (logSum - z[target])) + (smoothing / classes * Enumerable.Range(0, classes).Sum(c => weight(c) * (logSum - z[c])));
            divisor += weight(target);
        }

        return divisor > 0 ? sum / divisor : 0;
    }

    private static double SpanLossOf(double[] x, int[] allowed, int[] targets, int tokens, int streams, int ends)
    {
        double sum = 0;
        for (int b = 0; b < streams; b++)
        {
            for (int c = 0; c < ends; c++)
            {
                double total = Enumerable.Range(0, tokens).Where(t => allowed[(t * streams) + b] != 0).Sum(t => Math.Exp(x[(((t * streams) + b) * ends) + c]));
                sum += Math.Log(total) - x[(((targets[(c * streams) + b] * streams) + b) * ends) + c];
            }
        }

        return sum / (streams * ends);
    }
}
