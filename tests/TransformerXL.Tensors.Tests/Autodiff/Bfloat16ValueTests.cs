using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Tensors.Tests.Kernels;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Parameters whose value is kept as bfloat16: what operations and optimizers make of it.</summary>
public sealed class Bfloat16ValueTests(Backends backends) : IClassFixture<Backends>
{
    [Fact]
    public void The_value_is_rounded_to_nearest_once_and_widened_at_its_first_use()
    {
        float[] values = new RandomValues("kept").Normal(33 * 3);
        Parameter parameter = Kept(new Shape(33, 3), values);
        Assert.True(parameter.IsBfloat16);
        Assert.Equal(values.Select(value => (float)MatrixOracle.ToBfloat16(value)), parameter.Value.Span.ToArray());
        parameter.Value.Span[0] = 7;
        parameter.KeepAsBfloat16();
        Assert.Equal((float)MatrixOracle.ToBfloat16(values[0]), parameter.Value.Span[0]);
        float[] part = new float[40];
        parameter.Read(50, part);
        Assert.Equal(values.Skip(50).Take(40).Select(value => (float)MatrixOracle.ToBfloat16(value)), part);
        Assert.Throws<ArgumentOutOfRangeException>(() => parameter.Read(60, new float[40]));
        Assert.Throws<InvalidOperationException>(() => parameter.Stored.Span.Length);
    }

    [Fact]
    public void Filling_it_writes_the_value_and_not_a_copy()
    {
        Parameter parameter = Kept(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        parameter.Fill(value => value.Span.Fill(1.001f));
        Assert.Equal([1, 1, 1, 1, 1, 1], parameter.Value.Span.ToArray());
        parameter.Fill(value => value.Span.Fill(2));
        parameter.KeepAsBfloat16();
        Assert.Equal([2, 2, 2, 2, 2, 2], parameter.Value.Span.ToArray());
    }

    [Fact]
    public void A_failed_filling_leaves_the_value_as_it_was()
    {
        Parameter parameter = Kept(new Shape(1, 2), [1, 2]);
        Assert.Throws<InvalidOperationException>(() => parameter.Fill(value =>
        {
            value.Span.Fill(3);
            throw new InvalidOperationException("the file ends");
        }));
        Assert.Equal([1, 2], parameter.Value.Span.ToArray());
        float[] read = new float[2];
        parameter.Read(0, read);
        Assert.Equal([1, 2], read);
    }

    [Fact]
    public void A_parameter_that_shares_it_reads_the_same_memory_after_a_step_of_an_optimizer()
    {
        Parameter parameter = Kept(new Shape(1, 2), [1, 2]), other = new("other", new Shape(1, 2));
        other.ShareValue(parameter);
        Assert.Equal([1, 2], other.Value.Span.ToArray());
        parameter.ZeroGradient();
        parameter.Gradient.Span.Fill(-1);
        Optimizer.Create([parameter], new OptimizerOptions(), backends.Get(CpuBackend.Best, 1)).Step(0.5);
        float[] read = new float[2];
        other.Read(0, read);
        Assert.Equal([1.5f, 2.5f], read);
        other.KeepAsBfloat16();
        Assert.Equal([1.5f, 2.5f], other.Value.Span.ToArray());
        Assert.Throws<ArgumentException>(() => new Parameter("x", new Shape(2, 1)).ShareValue(parameter));
    }

    /// <summary>A copy that nothing reads any more would take the step.</summary>
    [Theory]
    [InlineData(OptimizerKind.Sgd)]
    [InlineData(OptimizerKind.Adagrad)]
    [InlineData(OptimizerKind.Lamb)]
    [InlineData(OptimizerKind.Muon)]
    public void Other_optimizers_refuse_it(OptimizerKind kind)
    {
        Parameter parameter = Kept(new Shape(1, 2), [1, 2]);
        parameter.ZeroGradient();
        Optimizer optimizer = Optimizer.Create([parameter], new OptimizerOptions { Kind = kind }, backends.Get(CpuBackend.Best, 1));
        Assert.Contains("holds bfloat16", Assert.Throws<InvalidOperationException>(() => optimizer.Step(0.5)).Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], parameter.Value.Span.ToArray());
    }

    [Fact]
    public void Taking_the_value_leaves_none()
    {
        Parameter parameter = Kept(new Shape(1, 2), [1, -2]);
        parameter.FreeValue();
        Assert.Equal((true, false, 2f), (parameter.Value.IsEmpty, parameter.IsBfloat16, parameter.TakenMagnitude));
        Assert.Throws<InvalidOperationException>(parameter.KeepAsBfloat16);
        Assert.Throws<InvalidOperationException>(() => parameter.Read(0, new float[2]));
    }

    /// <summary>Where no unit multiplies bfloat16, and in float32, the weight is widened first.</summary>
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 33, 70)]
    [InlineData(40, 130, 300)]
    public void Products_have_the_bits_of_the_same_values_in_float32(int rows, int columns, int depth)
    {
        foreach (Isa isa in Backends.Isas)
        {
            foreach (Precision precision in (Precision[])[Precision.Float32, Precision.Bfloat16])
            {
                StoredWeightProducts.Check(backends.Get(isa, 2), rows, columns, depth, transposed: false, precision);
                StoredWeightProducts.Check(backends.Get(isa, 2), rows, columns, depth, transposed: true, precision);
            }
        }
    }

    /// <summary>An embedding, rows of a table, queries with keys and values, a layer and the loss of a vocabulary.</summary>
    [Fact]
    public void Loss_and_gradients_have_the_bits_of_the_same_values_in_float32()
    {
        foreach (Isa isa in Backends.Isas)
        {
            foreach (Precision precision in (Precision[])[Precision.Float32, Precision.Bfloat16])
            {
                Assert.Equal(Gradients(isa, precision, keeps: false), Gradients(isa, precision, keeps: true));
            }
        }
    }

    /// <summary>A validation would need the memory of another copy otherwise.</summary>
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    [InlineData(Precision.Int8)]
    public void Evaluation_has_the_same_bits_and_widens_no_parameter(Precision precision)
    {
        RandomValues random = new("prepared");
        Parameter kept = Kept(new Shape(40, 24), random.Normal(40 * 24)), whole = new("whole", kept.Shape);
        kept.Value.CopyTo(whole.Value);
        kept.KeepAsBfloat16();
        foreach (int rows in (int[])[1, 50])
        {
            Tensor input = Tensor.From(new Shape(rows, 24), random.Normal(rows * 24));
            Tape first = new(backends.Get(CpuBackend.Best, 1), new PreparedWeights(precision)), second = new(backends.Get(CpuBackend.Best, 1), new PreparedWeights(precision));
            for (int time = 0; time < 3; time++)
            {
                Assert.Equal(first.Linear(first.Constant(input), whole).Value.Span.ToArray(), second.Linear(second.Constant(input), kept).Value.Span.ToArray());
                Assert.False(kept.IsWidened);
            }
        }
    }

    [Theory]
    [InlineData(MomentPrecision.Float32)]
    [InlineData(MomentPrecision.Bfloat16)]
    [InlineData(MomentPrecision.Float8)]
    public void Steps_of_Adam_have_the_same_bits_with_every_instruction_set_and_number_of_threads(MomentPrecision moments)
    {
        float[] expected = Train(backends.Get(Isa.Scalar, 1));
        foreach (Isa isa in Backends.Isas)
        {
            Assert.Equal(expected, Train(backends.Get(isa, 3)));
        }

        float[] Train(CpuBackend backend)
        {
            Parameter parameter = Kept(new Shape(300, 211), new RandomValues("trained").Normal(300 * 211));
            Optimizer optimizer = Optimizer.Create([parameter], new OptimizerOptions { Kind = OptimizerKind.AdamW, WeightDecay = 0.1, Moments = moments }, backend);
            for (int step = 0; step < 3; step++)
            {
                parameter.ZeroGradient();
                new RandomValues($"gradient {step}").Normal(300 * 211).CopyTo(parameter.Gradient.Span);
                optimizer.Step(0.01);
            }

            return parameter.Value.Span.ToArray();
        }
    }

    /// <summary>Rounded to nearest, a value of 1 would not move: the distance of neighbouring bfloat16 is 40 times a step.</summary>
    [Fact]
    public void Steps_that_are_smaller_than_the_distance_of_two_neighbours_add_up()
    {
        const int Count = 20_000, Steps = 200;
        float[] ones = new float[Count];
        ones.AsSpan().Fill(1);
        Parameter parameter = Kept(new Shape(1, Count), ones);
        Optimizer optimizer = Optimizer.Create([parameter], new OptimizerOptions(), backends.Get(CpuBackend.Best, 1));
        for (int step = 0; step < Steps; step++)
        {
            parameter.ZeroGradient();
            parameter.Gradient.Span.Fill(-1);
            optimizer.Step(0.0002);
        }

        Assert.Equal(1 + (0.0002 * Steps), parameter.Value.Span.ToArray().Average(), 0.001);
    }

    private static Parameter Kept(Shape shape, float[] values, ParameterRole? role = null)
    {
        Parameter parameter = new("weight", shape, role);
        values.CopyTo(parameter.Value.Span);
        parameter.KeepAsBfloat16();
        return parameter;
    }

    private float[] Gradients(Isa isa, Precision precision, bool keeps)
    {
        RandomValues random = new("model");
        Parameter[] weights =
        [
            .. ((Shape[])[new(20, 24), new(7, 24), new(72, 24), new(24, 24), new(48, 24)]).Select(shape => Kept(shape, random.Normal((int)shape.Count))),
        ];
        if (!keeps)
        {
            weights = [.. weights.Select(weight =>
            {
                Parameter whole = new("whole", weight.Shape);
                weight.Value.CopyTo(whole.Value);
                return whole;
            })];
        }

        Tape tape = new(backends.Get(isa, 2), precision);
        tape.BeginTraining(1, 1);
        Variable x = tape.Embedding(weights[0], tape.Allocate((int[])[3, 19, 0, 3]), new Shape(4, 1));
        x = tape.AddRows(x, tape.TableRows(weights[1], 1, 5, new Shape(4, 24)));
        (Variable queries, Variable keysValues) = tape.QueryKeyValue(x, weights[2], 1, memoryGradient: true);
        Variable hidden = tape.Concatenate([tape.Linear(queries, weights[3]), tape.Linear(keysValues, weights[4], transposed: true)]);
        Variable loss = tape.CrossEntropy(hidden, weights[0], null, tape.Allocate([.. Enumerable.Range(0, hidden.Shape.Rows)]));
        float value = loss.Value.Span[0];
        tape.Backward(loss);
        Assert.All(weights, weight => Assert.Equal(keeps, weight.IsBfloat16));
        return [value, .. weights.SelectMany(weight => weight.Gradient.Span.ToArray())];
    }
}
