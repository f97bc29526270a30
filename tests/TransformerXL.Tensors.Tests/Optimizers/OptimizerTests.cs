using System.Runtime.InteropServices;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Optimizers;

public sealed class OptimizerTests(Backends backends) : IClassFixture<Backends>
{
    // Several chunks of work, the last one not whole.
    private const int Large = 50_011, Small = 37;

    public static TheoryData<OptimizerKind> Kinds => [.. Enum.GetValues<OptimizerKind>()];

    public static TheoryData<Isa> Isas => [.. Backends.Isas];

    [Theory]
    [MemberData(nameof(Isas))]
    public void Lamb_follows_the_oracle_over_ten_steps_of_large_small_and_zero_parameters(Isa isa)
    {
        Parameter[] parameters = [New("large", Large, 1), New("small", Small, 0.1), New("zero", Small, 0)];
        Optimizer lamb = Optimizer.Create(parameters, Options(OptimizerKind.Lamb), backends.Get(isa, 2));
        OptimizerOracle oracle = new(0.05, 0.1, 0.5);
        double[][] x = [.. parameters.Select(p => Array.ConvertAll(p.Value.Span.ToArray(), value => (double)value))];
        double[][] m = [.. x.Select(values => new double[values.Length])], v = [.. x.Select(values => new double[values.Length])];
        for (int step = 1; step <= 10; step++)
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                SetGradient(parameters[i], step);
                oracle.Lamb(x[i], Array.ConvertAll(parameters[i].Gradient.Span.ToArray(), value => (double)value), m[i], v[i], 0.9, 0.999, 1e-6);
            }

            lamb.Step(0.05, 0.5);
            for (int i = 0; i < parameters.Length; i++)
            {
                string? mismatch = Tolerance.Mismatch(parameters[i].Value.Span, x[i], Tolerance.Of(step), 1);
                Assert.True(mismatch is null, $"step {step}, {parameters[i].Name}: {mismatch}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Muon_follows_the_oracle_in_wide_tall_square_and_odd_matrices_and_one_with_a_gradient_of_zeros(Isa isa)
    {
        Parameter[] parameters = [NewMatrix("wide", 50, 300), NewMatrix("tall", 290, 64), NewMatrix("square", 131, 131), NewMatrix("large", 260, 270), NewMatrix("odd", 101, 7), NewMatrix("row", 1, 33), NewMatrix("zero", 5, 9)];
        Optimizer muon = Optimizer.Create(parameters, Options(OptimizerKind.Muon) with { Momentum = 0.75 }, backends.Get(isa, 2));
        OptimizerOracle oracle = new(0.05, 0.1, 0.5);
        double[][] x = [.. parameters.Select(p => Array.ConvertAll(p.Value.Span.ToArray(), value => (double)value))];
        double[][] mean = [.. x.Select(values => new double[values.Length])];
        for (int step = 1; step <= 3; step++)
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                SetGradient(parameters[i], step);
                if (parameters[i].Name == "zero")
                {
                    parameters[i].ZeroGradient();
                }

                oracle.Muon(x[i], Array.ConvertAll(parameters[i].Gradient.Span.ToArray(), value => (double)value), mean[i], parameters[i].Shape[1], 0.75);
            }

            muon.Step(0.05, 0.5);
            for (int i = 0; i < parameters.Length; i++)
            {
                string? mismatch = Tolerance.Mismatch(parameters[i].Value.Span, x[i], Tolerance.Of(300 * step), 1);
                Assert.True(mismatch is null, $"step {step}, {parameters[i].Name}: {mismatch}");
            }
        }
    }

    [Fact]
    public void Muon_leaves_a_matrix_without_gradient_alone()
    {
        Parameter[] parameters = [NewMatrix("moved", 6, 7), NewMatrix("left", 6, 7)];
        Optimizer muon = Optimizer.Create(parameters, Options(OptimizerKind.Muon), backends.Get(CpuBackend.Best, 1));
        Array.ForEach(parameters, parameter => SetGradient(parameter, 1));
        muon.Step(0.01);
        float[] moved = parameters[0].Value.Span.ToArray(), left = parameters[1].Value.Span.ToArray();
        SetGradient(parameters[0], 2);
        muon.Step(0.01);
        Assert.NotEqual(moved, parameters[0].Value.Span.ToArray());
        Assert.Equal(left, parameters[1].Value.Span.ToArray());
        Assert.Equal([2, 1], muon.Steps);
    }

    [Fact]
    public void Muon_refuses_what_it_cannot_cut_or_does_not_know()
    {
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        OptimizerOptions options = Options(OptimizerKind.Muon);
        foreach (int count in new[] { -1, 4 })
        {
            string message = Assert.Throws<ArgumentException>(() => new Muon([NewMatrix("x", 6, 7)], options, backend, null, _ => count)).Message;
            Assert.Contains($"x (6, 7) cannot be divided into {count} matrices", message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => new Muon([NewMatrix("x", 6, 7)], options with { AmsGrad = true }, backend));
    }

    [Fact]
    public void Muon_moves_a_rare_direction_as_far_as_a_frequent_one_however_large_the_gradient_is()
    {
        float[] frequent = [3, 0.1f], large = [.. frequent.Select(g => g * 1e15f)], small = [.. frequent.Select(g => g * 1e-15f)];
        foreach (float[] gradient in new[] { frequent, large, small })
        {
            Parameter parameter = new("x", new Shape(2, 2));
            Optimizer muon = Optimizer.Create([parameter], new OptimizerOptions { Kind = OptimizerKind.Muon }, backends.Get(CpuBackend.Best, 1));
            parameter.ZeroGradient();
            (parameter.Gradient.Span[0], parameter.Gradient.Span[3]) = (gradient[0], gradient[1]);
            muon.Step(1 / (0.2 * Math.Sqrt(2)));
            Assert.All(new[] { parameter.Value.Span[0], parameter.Value.Span[3] }, moved => Assert.InRange(moved, -1.2f, -0.65f));
            Assert.All(new[] { parameter.Value.Span[1], parameter.Value.Span[2] }, moved => Assert.InRange(moved, -1e-6f, 1e-6f));
        }
    }

    [Fact]
    public void Muon_takes_matrices_that_stand_below_each_other_one_by_one()
    {
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        Parameter whole = NewMatrix("whole", 60, 20), upper = new("upper", new Shape(30, 20)), lower = new("lower", new Shape(30, 20));
        whole.Value.Span[..600].CopyTo(upper.Value.Span);
        whole.Value.Span[600..].CopyTo(lower.Value.Span);
        SetGradient(whole, 1);
        upper.ZeroGradient();
        lower.ZeroGradient();
        whole.Gradient.Span[..600].CopyTo(upper.Gradient.Span);
        whole.Gradient.Span[600..].CopyTo(lower.Gradient.Span);
        Optimizer.Create([whole], Options(OptimizerKind.Muon), backend, null, _ => 2).Step(0.01);
        Optimizer.Create([upper, lower], Options(OptimizerKind.Muon), backend).Step(0.01);
        Assert.True(Bits.Equal(whole.Value.Span, [.. upper.Value.Span, .. lower.Value.Span]));
    }

    [Fact]
    public void Muon_leaves_to_AdamW_what_is_no_matrix_and_gives_matrices_a_rate_of_their_own()
    {
        float[][] Run(OptimizerOptions options)
        {
            Parameter[] parameters = [New("vector", Small, 1), NewMatrix("table", 9, 8), NewMatrix("matrix", 9, 8)];
            Optimizer optimizer = Optimizer.Create(parameters, options, backends.Get(CpuBackend.Best, 1), null, parameter => parameter.Name == "matrix" ? 1 : 0);
            Array.ForEach(parameters, parameter => SetGradient(parameter, 1));
            optimizer.Step(0.01);
            return [.. parameters.Select(parameter => parameter.Value.Span.ToArray())];
        }

        OptimizerOptions muon = new() { Kind = OptimizerKind.Muon };
        float[][] expected = Run(new OptimizerOptions { Kind = OptimizerKind.AdamW }), plain = Run(muon), doubled = Run(muon with { MatrixRate = 2 });
        Assert.Equal(expected[..2], plain[..2]);
        Assert.Equal(expected[..2], doubled[..2]);
        Assert.NotEqual(expected[2], plain[2]);
        float[] before = NewMatrix("matrix", 9, 8).Value.Span.ToArray();
        Assert.Null(Tolerance.Mismatch(doubled[2], [.. before.Zip(plain[2], (x, y) => x + (2.0 * (y - x)))], Tolerance.Of(1), 1));
    }

    [Fact]
    public void Dampening_begins_with_the_second_gradient()
    {
        Parameter parameter = New("x", Small, 1);
        Sgd sgd = new([parameter], new OptimizerOptions { Kind = OptimizerKind.Sgd, Momentum = 0.5, Dampening = 0.75 }, backends.Get(CpuBackend.Best, 1));
        OptimizerOracle oracle = new(0.1, 0, 1);
        double[] x = Array.ConvertAll(parameter.Value.Span.ToArray(), value => (double)value), velocity = new double[Small];
        for (int step = 1; step <= 3; step++)
        {
            SetGradient(parameter, step);
            oracle.Sgd(x, Array.ConvertAll(parameter.Gradient.Span.ToArray(), value => (double)value), velocity, step, 0.5, 0.75, nesterov: false);
            sgd.Step(0.1);
        }

        Assert.Null(Tolerance.Mismatch(parameter.Value.Span, x, Tolerance.Of(3), 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_two_and_three_threads_give_the_same_bits(OptimizerKind kind)
    {
        float[][] results = [.. new[] { 1, 2, 3 }.Select(threads => Train(kind, backends.Get(CpuBackend.Best, threads)))];
        Assert.True(Bits.Equal(results[0], results[1]));
        Assert.True(Bits.Equal(results[0], results[2]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_warm_step_allocates_nothing(OptimizerKind kind)
    {
        Parameter[] parameters = [New("a", Large, 1), New("b", Small, 1), NewMatrix("c", 70, 30)];
        Optimizer optimizer = Optimizer.Create(parameters, Options(kind), backends.Get(CpuBackend.Best, 2));
        Func<Parameter, bool> filter = parameter => parameter.Name == "a";
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            Array.ForEach(parameters, parameter => parameter.ZeroGradient());
            long before = GC.GetAllocatedBytesForCurrentThread();
            optimizer.ZeroMissingGradients();
            optimizer.Step(0.01, 1 / (1 + optimizer.GradientNorm(filter)), filter);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_parameter_that_decay_excludes_moves_as_without_decay(OptimizerKind kind)
    {
        float[] Run(double decay, Func<Parameter, bool>? decays)
        {
            Parameter parameter = NewMatrix("x", 6, 7);
            Optimizer optimizer = Optimizer.Create([parameter], Options(kind) with { WeightDecay = decay }, backends.Get(CpuBackend.Best, 1), decays);
            SetGradient(parameter, 1);
            optimizer.Step(0.01);
            return parameter.Value.Span.ToArray();
        }

        float[] without = Run(0, null);
        Assert.Equal(without, Run(0.3, _ => false));
        Assert.NotEqual(without, Run(0.3, _ => true));
    }

    [Fact]
    public void Norm_and_scale_leave_out_what_a_filter_leaves_out()
    {
        Parameter counted = New("counted", Small, 1), other = New("other", Small, 1);
        Sgd sgd = new([counted, other], new OptimizerOptions { Kind = OptimizerKind.Sgd }, backends.Get(CpuBackend.Best, 1));
        float[] before = other.Value.Span.ToArray();
        SetGradient(counted, 1);
        SetGradient(other, 2);
        float[] gradient = other.Gradient.Span.ToArray(), countedBefore = counted.Value.Span.ToArray();
        double expected = Math.Sqrt(counted.Gradient.Span.ToArray().Sum(g => (double)g * g));
        Assert.Equal(expected, sgd.GradientNorm(p => p == counted), 1e-5 * expected);
        sgd.Step(1, 0, p => p == counted);
        Assert.Equal(countedBefore, counted.Value.Span.ToArray());
        Assert.Equal(before.Zip(gradient, (x, g) => x - g), other.Value.Span.ToArray());
    }

    [Theory]
    [InlineData(OptimizerKind.Adam, "adam.m adam.v adam.vmax")]
    [InlineData(OptimizerKind.AdamW, "adam.m adam.v adam.vmax")]
    [InlineData(OptimizerKind.Sgd, "sgd.momentum")]
    [InlineData(OptimizerKind.Adagrad, "adagrad.sum")]
    [InlineData(OptimizerKind.Lamb, "lamb.m lamb.v")]
    [InlineData(OptimizerKind.Muon, "muon.m")]
    [InlineData(OptimizerKind.AdamW, "adam.moments adam.vmax", MomentPrecision.Bfloat16)]
    [InlineData(OptimizerKind.Muon, "muon.m", MomentPrecision.Float8)]
    public void State_and_steps_taken_over_go_on_to_the_same_bits(OptimizerKind kind, string names, MomentPrecision moments = MomentPrecision.Float32)
    {
        OptimizerOptions options = Options(kind) with { Moments = moments };
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        Parameter whole = NewMatrix("x", 6, 7), second = NewMatrix("x", 6, 7);
        Optimizer first = Optimizer.Create([whole], options, backend), resumed = Optimizer.Create([second], options, backend);
        SetGradient(whole, 1);
        first.Step(0.01);
        Assert.Equal(names, string.Join(' ', first.State().Select(tensor => tensor.Name)));
        whole.Value.CopyTo(second.Value);
        foreach ((OptimizerTensor from, OptimizerTensor to) in first.State().Zip(resumed.State()))
        {
            from.Value.CopyTo(to.Value);
        }

        resumed.Steps = first.Steps;
        foreach ((Parameter parameter, Optimizer optimizer) in new[] { (whole, first), (second, resumed) })
        {
            SetGradient(parameter, 2);
            optimizer.Step(0.01);
        }

        Assert.True(Bits.Equal(whole.Value.Span, second.Value.Span));
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Short_moments_give_the_same_bits_with_every_instruction_set_and_number_of_threads(Isa isa)
    {
        foreach (MomentPrecision moments in (MomentPrecision[])[MomentPrecision.Bfloat16, MomentPrecision.Float8])
        {
            float[] expected = Train(OptimizerKind.AdamW, backends.Get(Isa.Scalar, 1), moments);
            foreach (int threads in (int[])[1, 3])
            {
                Assert.True(Bits.Equal(expected, Train(OptimizerKind.AdamW, backends.Get(isa, threads), moments)), $"{moments}, {threads} threads");
            }
        }
    }

    /// <summary>Rounded to nearest, v would stay at about 0.25 in bfloat16, and at 0.001 in 8 bits: its steps become smaller than half the distance of two such numbers.</summary>
    [Theory]
    [InlineData(MomentPrecision.Bfloat16, 0.002, 0.02)]
    [InlineData(MomentPrecision.Float8, 0.01, 0.05)]
    public void Short_moments_follow_those_in_float32_although_each_step_is_smaller_than_their_precision(MomentPrecision moments, double ofMean, double ofMoved)
    {
        const int Steps = 3000;
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        OptimizerOptions options = new() { Beta2 = 0.999 };
        Parameter exact = New("x", Large, 1), rounded = New("x", Large, 1);
        Optimizer first = Optimizer.Create([exact], options, backend), second = Optimizer.Create([rounded], options with { Moments = moments }, backend);
        float[] before = exact.Value.Span.ToArray();
        for (int step = 1; step <= Steps; step++)
        {
            foreach ((Parameter parameter, Optimizer optimizer) in new[] { (exact, first), (rounded, second) })
            {
                parameter.ZeroGradient();
                parameter.Gradient.Span.Fill(1);
                optimizer.Step(0.001);
            }
        }

        double mean = 0;
        foreach (uint word in MemoryMarshal.Cast<float, uint>(second.State().Single().Value.Span))
        {
            mean += moments == MomentPrecision.Bfloat16
                ? BitConverter.UInt32BitsToSingle(word << 16) / (double)Large
                : (Second((ushort)word) + Second((ushort)(word >> 16))) / Large;
        }

        Assert.Equal(1 - Math.Pow(0.999, Steps), mean, ofMean);
        double moved = 0, difference = 0;
        for (int i = 0; i < Large; i++)
        {
            moved += Math.Abs(exact.Value.Span[i] - before[i]) / (double)Large;
            difference += Math.Abs(exact.Value.Span[i] - rounded.Value.Span[i]) / (double)Large;
        }

        Assert.Equal(0.001 * Steps, moved, 0.01);
        Assert.InRange(difference, 0, ofMoved * moved);

        // v of a pair of 8 bits: 6 bits of exponent, 2 of fraction.
        static double Second(ushort pair) => BitConverter.UInt32BitsToSingle((uint)(pair & 0xFF) << 21) * Math.Pow(2, 75);
    }

    private static float[] Train(OptimizerKind kind, CpuBackend backend, MomentPrecision moments = MomentPrecision.Float32)
    {
        Parameter[] parameters = [New("a", Large, 1), New("b", Small, 1), NewMatrix("c", 70, 30), NewMatrix("d", 20, 90)];
        Optimizer optimizer = Optimizer.Create(parameters, Options(kind) with { Moments = moments }, backend);
        for (int step = 1; step <= 3; step++)
        {
            Array.ForEach(parameters, parameter => SetGradient(parameter, step));
            optimizer.Step(0.01, 1 / optimizer.GradientNorm());
        }

        return [.. parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];
    }

    private static OptimizerOptions Options(OptimizerKind kind) => new()
    {
        Kind = kind,
        WeightDecay = 0.1,
        Momentum = kind == OptimizerKind.Sgd ? 0.9 : null,
        Nesterov = kind == OptimizerKind.Sgd,
        AmsGrad = kind is OptimizerKind.Adam or OptimizerKind.AdamW,
    };

    private static Parameter New(string name, int count, double deviation) => New(name, new Shape(count), deviation);

    private static Parameter NewMatrix(string name, int rows, int columns) => New(name, new Shape(rows, columns), 1);

    private static Parameter New(string name, Shape shape, double deviation)
    {
        Parameter parameter = new(name, shape);
        float[] values = new RandomValues(name).Normal((int)shape.Count);
        for (int i = 0; i < values.Length; i++)
        {
            parameter.Value.Span[i] = (float)(deviation * values[i]);
        }

        return parameter;
    }

    private static void SetGradient(Parameter parameter, int step)
    {
        parameter.ZeroGradient();
        new RandomValues($"{parameter.Name} {step}").Normal((int)parameter.Value.Count).CopyTo(parameter.Gradient.Span);
    }
}
