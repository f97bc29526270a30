using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Lstm;
using TransformerXL.Testing;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>The gates of one time step, at every number of hidden units, between guards.</summary>
public sealed unsafe class LstmKernelTests(Backends backends) : KernelTheory(backends)
{
    private const int Streams = 2;

    [Theory]
    [MemberData(nameof(Isas))]
    public void A_step_equals_the_oracle_at_every_length_and_stays_inside(Isa isa)
    {
        for (int size = 1; size <= LongestRow + 4; size++)
        {
            RandomValues random = new($"gates {size}");
            float[] inputs = random.Normal(Streams * 4 * size), before = random.Normal(Streams * size);
            using GuardedBuffer gates = Buffer(inputs), recurrent = Buffer(new float[inputs.Length]), previous = Buffer(before);
            using GuardedBuffer cell = new(before.Length, 3), hidden = new(before.Length, 1);
            LstmArguments arguments = new()
            {
                Streams = Streams,
                Size = size,
                Gates = gates.First,
                Recurrent = recurrent.First,
                PreviousCell = previous.First,
                Cell = cell.First,
                Hidden = hidden.First,
            };
            Kernels(isa).LstmForward(arguments);
            IReadOnlyList<double[]> expected = Expected(inputs, before, size);
            AssertClose(hidden, expected[1], 1, 1, $"{size}, h");
            AssertClose(cell, expected[2], 1, 1, $"{size}, c");
            AssertBackwardStaysInside(isa, arguments, gates, cell, size);
        }
    }

    [Theory]
    [MemberData(nameof(Isas))]
    public void The_cell_may_be_overwritten_in_place(Isa isa)
    {
        const int size = 37;
        RandomValues random = new("in place");
        float[] inputs = random.Normal(Streams * 4 * size), before = random.Normal(Streams * size);
        using GuardedBuffer gates = Buffer(inputs), recurrent = Buffer(new float[inputs.Length]), cell = Buffer(before), hidden = new(before.Length);
        LstmArguments arguments = new()
        {
            Streams = Streams,
            Size = size,
            Gates = gates.First,
            Recurrent = recurrent.First,
            PreviousCell = cell.First,
            Cell = cell.First,
            Hidden = hidden.First,
        };
        Kernels(isa).LstmForward(arguments);
        AssertClose(cell, Expected(inputs, before, size)[2], 1, 1, "c");
    }

    private static IReadOnlyList<double[]> Expected(float[] inputs, float[] cell, int size)
    {
        // What the gates begin with, as the input of a layer whose weight is one.
        double[] one = new double[16 * size * size], zeros = new double[4 * size * size];
        for (int gate = 0; gate < 4 * size; gate++)
        {
            one[(gate * 4 * size) + gate] = 1;
        }

        double[] bias = new double[4 * size];
        return new LstmOracle(1, Streams, 4 * size, size).Forward(Doubles(inputs), new double[cell.Length], Doubles(cell), one, zeros, bias, bias);
    }

    private void AssertBackwardStaysInside(Isa isa, in LstmArguments arguments, GuardedBuffer gates, GuardedBuffer cell, int size)
    {
        float[] gradient = new RandomValues("gradient").Normal(Streams * size);
        using GuardedBuffer output = Buffer(gradient), hiddenGradient = Buffer(gradient), cellGradient = Buffer(gradient);
        LstmGradients gradients = new() { Output = output.First, Hidden = hiddenGradient.First, Cell = cellGradient.First };
        Kernels(isa).LstmBackward(arguments, gradients);
        foreach (GuardedBuffer buffer in new[] { gates, cell, output, hiddenGradient, cellGradient })
        {
            Assert.True(buffer.IsIntact && !buffer.Span.ToArray().Any(float.IsNaN), $"{size}: read or wrote outside");
        }
    }
}
