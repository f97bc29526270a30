using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

public sealed unsafe class OptimizerKernelTests(Backends backends) : KernelTheory(backends)
{
    private static readonly OptimizerOracle Oracle = new(0.01, 0.5, 0.25);

    [Theory]
    [MemberData(nameof(Isas))]
    public void Sgd_equals_the_oracle_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"sgd {count}");
            float[] x = random.Normal(count), g = random.Normal(count), b = random.Normal(count);
            using GuardedBuffer value = Buffer(x), gradient = Buffer(g), velocity = Buffer(b);
            Kernels(isa).SgdStep(new SgdArguments
            {
                Count = count,
                Value = value.First,
                Gradient = gradient.First,
                Velocity = velocity.First,
                Constants =
                {
                    GradientScale = 0.25f,
                    WeightDecay = 0.5f,
                    Momentum = 0.75f,
                    GradientShare = 0.5f,
                    LearningRate = 0.01f,
                },
            });
            double[] expected = Doubles(x), expectedVelocity = Doubles(b);
            Oracle.Sgd(expected, Doubles(g), expectedVelocity, step: 2, 0.75, 0.5, nesterov: false);
            AssertClose(value, expected, 1, 1, $"{count}");
            AssertClose(velocity, expectedVelocity, 1, 1, $"{count}, momentum");
            Assert.True(gradient.IsIntact && Bits.Equal(g, gradient.Span), $"{count}: the gradient was changed");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Adagrad_equals_the_oracle_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"adagrad {count}");
            float[] x = random.Normal(count), g = random.Normal(count), s = Array.ConvertAll(random.Normal(count), Math.Abs);
            using GuardedBuffer value = Buffer(x), gradient = Buffer(g), sum = Buffer(s);
            Kernels(isa).AdagradStep(new AdagradArguments
            {
                Count = count,
                Value = value.First,
                Gradient = gradient.First,
                SquareSum = sum.First,
                Constants =
                {
                    GradientScale = 0.25f,
                    WeightDecay = 0.5f,
                    Epsilon = 1e-10f,
                    LearningRate = 0.01f,
                },
            });
            double[] expected = Doubles(x), expectedSum = Doubles(s);
            Oracle.Adagrad(expected, Doubles(g), expectedSum, 1e-10);
            AssertClose(value, expected, 1, 1, $"{count}");
            AssertClose(sum, expectedSum, 1, 1, $"{count}, sum");
            Assert.True(gradient.IsIntact && Bits.Equal(g, gradient.Span), $"{count}: the gradient was changed");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Anchored_descent_equals_the_oracle_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            bool scaled = count % 2 == 0, moves = count % 3 != 0;
            RandomValues random = new($"anchored {count}");
            float[] x = random.Normal(count), a = random.Normal(count), g = random.Normal(count), s = Array.ConvertAll(random.Normal(count), Math.Abs);
            using GuardedBuffer value = Buffer(x), anchor = Buffer(a), gradient = Buffer(g), scale = Buffer(s);
            Kernels(isa).AnchoredStep(new AnchoredArguments
            {
                Count = count,
                Value = value.First,
                Anchor = anchor.First,
                Gradient = moves ? gradient.First : null,
                Scale = scaled ? scale.First : null,
                Constants =
                {
                    Pull = 0.75f,
                    Epsilon = 0.25f,
                    LearningRate = 0.01f,
                },
            });
            double[] expected = Doubles(x);
            Oracle.Anchored(expected, Doubles(a), moves ? Doubles(g) : null, scaled ? Doubles(s) : null, 0.75, 0.25);
            AssertClose(value, expected, 1, 1, $"{count}");
            Assert.True(anchor.IsIntact && Bits.Equal(a, anchor.Span), $"{count}: the anchor was changed");
            Assert.True(gradient.IsIntact && Bits.Equal(g, gradient.Span), $"{count}: the gradient was changed");
            Assert.True(scale.IsIntact && Bits.Equal(s, scale.Span), $"{count}: the scales were changed");
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void Lamb_equals_the_oracle_at_every_length(Isa isa)
    {
        for (int count = 0; count <= LongestRow; count++)
        {
            RandomValues random = new($"lamb {count}");
            float[] x = random.Normal(count), g = random.Normal(count), m = random.Normal(count), v = Array.ConvertAll(random.Normal(count), Math.Abs);
            using GuardedBuffer value = Buffer(x), gradient = Buffer(g), first = Buffer(m), second = Buffer(v);
            Kernels(isa).LambStep(new LambArguments
            {
                Count = count,
                Value = value.First,
                Gradient = gradient.First,
                FirstMoment = first.First,
                SecondMoment = second.First,
                Constants =
                {
                    GradientScale = 0.25f,
                    WeightDecay = 0.5f,
                    Beta1 = 0.5f,
                    Beta2 = 0.75f,
                    Epsilon = 1e-6f,
                    OneMinusBeta1 = 0.5f,
                    OneMinusBeta2 = 0.25f,
                    LearningRate = 0.01,
                },
            });
            double[] expected = Doubles(x), expectedFirst = Doubles(m), expectedSecond = Doubles(v);
            Oracle.Lamb(expected, Doubles(g), expectedFirst, expectedSecond, 0.5, 0.75, 1e-6);
            AssertClose(value, expected, 1, 1, $"{count}");
            AssertClose(first, expectedFirst, 1, 1, $"{count}, first moment");
            AssertClose(second, expectedSecond, 1, 1, $"{count}, second moment");
            Assert.True(gradient.IsIntact && Bits.Equal(g, gradient.Span), $"{count}: the gradient was changed");
        }
    }
}
