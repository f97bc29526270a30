using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Autodiff.Ops;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing.Oracles;

namespace TransformerXL.Testing.Cases;

/// <summary>Operations that move or add rows: residual, dropout, concatenation, last rows, gathered and scattered rows.</summary>
public static class RowCases
{
    /// <summary>Cases for tests.</summary>
    public static IEnumerable<OpCase> All { get; } =
    [
        Residual(new Shape(1)),
        Residual(new Shape(1, 1)),
        Residual(new Shape(4, 3, 17)),
        Residual(new Shape(5, 1001), 0.25f),
        Dropout(new Shape(3, 43), 0.5f),
        Dropout(new Shape(5, 2, 900), 0.1f),
        Concatenate(0, new Shape(3, 2, 5)),
        Concatenate(4, new Shape(3, 2, 17)),
        ConcatenateVariables(4, new Shape(3, 2, 17)),
        AddRows(new Shape(1, 1, 1)),
        AddRows(new Shape(5, 3, 37)),
        TableRows(new Shape(3, 4, 6), 0, 4, new Shape(4, 6)),
        TableRows(new Shape(3, 4, 6), 4, 4, new Shape(2, 6)),
        TableRows(new Shape(3, 4, 2, 3), 9, 3, new Shape(7, 6)),
        TableRows(new Shape(3, 2, 5), 1, 1, new Shape(2, 5)),
        LastRows(new Shape(7, 2, 9), 3),
        LastRows(new Shape(4, 1, 3), 4),
        Gather(new Shape(1, 1), [0]),
        Gather(new Shape(4, 3, 17), [11, 0, 7, 1, 2]),
        Gather(new Shape(5, 131), [4, 1, 4, 4, 0, 1]),
        Scatter(new Shape(1), 1, [1], 1),
        Scatter(new Shape(7, 3), 17, [20, 1], 2.5f),
        Scatter(new Shape(50), 1, [3, 0, 47], 1),
        Scatter(new Shape(9, 5), 131, [17, 19, 9], 3, dropout: 0.3f),
    ];

    /// <summary>residual + dropout(x).</summary>
    public static OpCase Residual(Shape shape, float dropout = 0)
    {
        string name = $"residual {shape} dropout={dropout}";
        RandomValues random = new(name);
        DropoutOracle mask = new(dropout, OpCase.Seed, OpCase.Step, 1);
        return Case(
            name, typeof(ResidualOperation), shape,
            [OpInput.Random(random, "input", shape), OpInput.Random(random, "residual", shape)],
            (tape, x) => tape.AddResidual(x[0], x[1], dropout),
            x => [.. mask.Apply(x[0]).Zip(x[1], (a, b) => a + b)]);
    }

    /// <summary>dropout(x).</summary>
    public static OpCase Dropout(Shape shape, float dropout)
    {
        string name = $"dropout {shape} dropout={dropout}";
        DropoutOracle mask = new(dropout, OpCase.Seed, OpCase.Step, 1);
        return Case(
            name, typeof(ResidualOperation), shape,
            [OpInput.Random(new RandomValues(name), "input", shape)],
            (tape, x) => tape.Dropout(x[0], dropout),
            x => mask.Apply(x[0]));
    }

    /// <summary>[SG(memory); x].</summary>
    public static OpCase Concatenate(int memoryRows, Shape shape)
    {
        string name = $"concatenate {memoryRows} rows and {shape}";
        RandomValues random = new(name);
        return Case(
            name, typeof(ConcatenateOperation), shape,
            [OpInput.Random(random, "memory", shape.WithFirst(memoryRows)) with { HasGradient = false }, OpInput.Random(random, "input", shape)],
            (tape, x) => tape.Concatenate(memoryRows == 0 ? default : x[0].Value, x[1]),
            x => [.. x[0], .. x[1]]);
    }

    /// <summary>[memory; x] where both want gradients.</summary>
    private static OpCase ConcatenateVariables(int memoryRows, Shape shape)
    {
        string name = $"concatenate {memoryRows} rows with gradient and {shape}";
        RandomValues random = new(name);
        return Case(
            name, typeof(ConcatenateOperation), shape,
            [OpInput.Random(random, "memory", shape.WithFirst(memoryRows)), OpInput.Random(random, "input", shape)],
            (tape, x) => tape.Concatenate(x[0], x[1]),
            x => [.. x[0], .. x[1]]);
    }

    private static OpCase AddRows(Shape shape)
    {
        string name = $"add rows to {shape}";
        RandomValues random = new(name);
        return Case(
            name, typeof(AddRowsOperation), shape,
            [OpInput.Random(random, "input", shape), OpInput.Random(random, "rows", new Shape(shape[0], shape[2]))],
            (tape, x) => tape.AddRows(x[0], x[1]),
            x => [.. x[0].Select((value, i) => value + x[1][(i / (shape[1] * shape[2]) * shape[2]) + (i % shape[2])])],
            shape[1]);
    }

    private static OpCase TableRows(Shape table, int first, int rows, Shape shape)
    {
        string name = $"table rows {first} to {first + rows} of {table} as {shape}";
        return Case(
            name, typeof(TableRowsOperation), shape,
            [OpInput.Random(new RandomValues(name), "table", table)],
            (tape, x) => tape.TableRows(x[0], first, rows, shape),
            x => [.. Enumerable.Range(0, shape[0]).SelectMany(p => x[0].Skip(Math.Max(first, first + rows - shape[0] + p) * shape[1]).Take(shape[1]))],
            shape[0]);
    }

    /// <summary>The last rows of x.</summary>
    public static OpCase LastRows(Shape shape, int rows)
    {
        string name = $"last {rows} rows of {shape}";
        return Case(
            name, typeof(LastRowsOperation), shape,
            [OpInput.Random(new RandomValues(name), "input", shape)],
            (tape, x) => tape.LastRows(x[0], rows),
            x => x[0][^(int)shape.WithFirst(rows).Count..]);
    }

    /// <summary>Rows of x.</summary>
    public static OpCase Gather(Shape shape, int[] rows)
    {
        string name = $"gather rows {string.Join(' ', rows)} of {shape}";
        int columns = shape.Columns;
        return Case(
            name, typeof(GatherRowsOperation), shape,
            [OpInput.Random(new RandomValues(name), "input", shape)],
            (tape, x) => tape.GatherRows(x[0], tape.Allocate(rows)),
            x => [.. rows.SelectMany(row => x[0].Skip(row * columns).Take(columns))]);
    }

    /// <summary>Parts of so many rows, mixed at random.</summary>
    public static OpCase Scatter(Shape rows, int columns, int[] counts, float scale, float dropout = 0)
    {
        string name = $"scatter parts of {string.Join(' ', counts)} rows of {columns} to {rows} scale={scale} dropout={dropout}";
        RandomValues random = new(name);
        float[] order = random.Normal(rows.Count);
        int[] mixed = [.. Enumerable.Range(0, (int)rows.Count).OrderBy(row => order[row])];
        int[][] positions = [.. counts.Select((count, part) => mixed[counts[..part].Sum()..counts[..(part + 1)].Sum()])];
        DropoutOracle mask = new(dropout, OpCase.Seed, OpCase.Step, 1);
        return Case(
            name, typeof(ScatterRowsOperation), rows.Append(columns),
            [.. counts.Select((count, part) => OpInput.Random(random, $"part {part}", new Shape(count, columns)))],
            (tape, x) => tape.ScatterRows(rows, x.ToArray(), [.. positions.Select(part => tape.Allocate(part))], scale, dropout),
            x =>
            {
                double[] y = new double[rows.Count * columns];
                for (int i = 0; i < y.Length; i++)
                {
                    int part = Array.FindIndex(positions, places => places.Contains(i / columns));
                    y[i] = scale * x[part][(Array.IndexOf(positions[part], i / columns) * columns) + (i % columns)];
                }

                return mask.Apply(y);
            });
    }

    private static OpCase Case(
        string name, Type operation, Shape shape, OpInput[] inputs, Func<Tape, IReadOnlyList<Variable>, Variable> build, Func<IReadOnlyList<double[]>, double[]> oracle, int gradientReduction = 1) => new()
        {
            Name = name,
            Operation = operation,
            Inputs = inputs,
            Build = (tape, x) => [build(tape, x)],
            Oracle = x => [oracle(x)],
            Reduction = 1,
            GradientReduction = gradientReduction,
            Flops = shape.Count,
        };
}
