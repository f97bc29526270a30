using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Recurrent;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>The gates of one time step of gated recurrent units and of simple recurrent cells, at every number of hidden units, between guards.</summary>
public sealed unsafe class RecurrentKernelTests(Backends backends) : KernelTheory(backends)
{
    private const int Streams = 2;

    [Theory]
    [MemberData(nameof(Isas))]
    public void A_step_of_gated_units_equals_its_formula_at_every_length_and_stays_inside(Isa isa)
    {
        for (int size = 1; size <= LongestRow + 4; size++)
        {
            RandomValues random = new($"gru {size}");
            float[] inputs = random.Normal(Streams * 3 * size), products = random.Normal(Streams * 3 * size), biases = random.Normal(3 * size), before = random.Normal(Streams * size);
            using GuardedBuffer gates = Buffer(inputs), recurrent = Buffer(products), bias = Buffer(biases), previous = Buffer(before);
            using GuardedBuffer candidate = new(before.Length, 3), hidden = new(before.Length, 1);
            GruArguments arguments = new()
            {
                Streams = Streams,
                Size = size,
                Gates = gates.First,
                Recurrent = recurrent.First,
                RecurrentBias = bias.First,
                Candidate = candidate.First,
                PreviousHidden = previous.First,
                Hidden = hidden.First,
            };
            Kernels(isa).GruForward(arguments);
            double[] expected = new double[before.Length];
            for (int i = 0; i < expected.Length; i++)
            {
                int stream = i / size, unit = i % size;
                double A(int gate) => inputs[(((stream * 3) + gate) * size) + unit];
                double Q(int gate) => (double)products[(((stream * 3) + gate) * size) + unit] + biases[(gate * size) + unit];
                double r = Sigmoid(A(0) + Q(0)), z = Sigmoid(A(1) + Q(1)), n = Math.Tanh(A(2) + (r * Q(2)));
                expected[i] = ((1 - z) * n) + (z * before[i]);
            }

            AssertClose(hidden, expected, 1, 1, $"{size}, h");
            using GuardedBuffer output = Buffer(before), next = Buffer(before), carried = Buffer(before);
            Kernels(isa).GruBackward(arguments, new GruGradients { Output = output.First, Hidden = next.First, Carried = carried.First });
            foreach (GuardedBuffer buffer in new[] { gates, recurrent, bias, previous, candidate, hidden, output, next, carried })
            {
                Assert.True(buffer.IsIntact && !buffer.Span.ToArray().Any(float.IsNaN), $"{size}: read or wrote outside");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void A_simple_step_equals_its_formula_at_every_length_and_stays_inside(Isa isa)
    {
        for (int count = 1; count <= LongestRow + 4; count++)
        {
            foreach (bool rectifies in (bool[])[false, true])
            {
                RandomValues random = new($"rnn {count}");
                float[] inputs = random.Normal(count), products = random.Normal(count), gradient = random.Normal(count);
                using GuardedBuffer gates = Buffer(inputs), recurrent = Buffer(products), hidden = new(count, 1), output = Buffer(gradient), next = Buffer(gradient);
                RnnArguments arguments = new()
                {
                    Count = count,
                    Rectifies = rectifies,
                    Gates = gates.First,
                    Recurrent = recurrent.First,
                    Hidden = hidden.First,
                    OutputGradient = output.First,
                    HiddenGradient = next.First,
                };
                Kernels(isa).RnnForward(arguments);
                double[] h = [.. inputs.Zip(products, (a, q) => rectifies ? Math.Max((double)a + q, 0) : Math.Tanh((double)a + q))];
                AssertClose(hidden, h, 1, 1, $"{count}, h");
                Kernels(isa).RnnBackward(arguments);
                AssertClose(gates, [.. h.Zip(gradient, (y, d) => 2.0 * d * (rectifies ? (y > 0 ? 1 : 0) : 1 - (y * y)))], 1, 1, $"{count}, gradient");
                foreach (GuardedBuffer buffer in new[] { gates, recurrent, hidden, output, next })
                {
                    Assert.True(buffer.IsIntact && !buffer.Span.ToArray().Any(float.IsNaN), $"{count}: read or wrote outside");
                }
            }
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
