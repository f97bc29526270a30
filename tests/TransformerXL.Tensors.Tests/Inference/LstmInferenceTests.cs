using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Long short-term memory without a tape against the operation of the tape.</summary>
public sealed class LstmInferenceTests(Backends backends) : IClassFixture<Backends>
{
    private const int Length = 5, Inputs = 11, Size = 37;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(20)]
    public void A_layer_gives_what_the_tape_gives_with_few_and_with_many_streams(int streams)
    {
        System.Random random = new(streams);
        Tensor x = InferenceTensors.Random(random, new Shape(Length, streams, Inputs));
        Tensor hidden = InferenceTensors.Random(random, new Shape(streams, Size)), cell = InferenceTensors.Random(random, hidden.Shape);
        Tensor inputWeight = InferenceTensors.Random(random, new Shape(4 * Size, Inputs)), bias = InferenceTensors.Random(random, new Shape(4 * Size));
        Tensor recurrentWeight = InferenceTensors.Random(random, new Shape(4 * Size, Size)), noBias = Tensor.Allocate(bias.Shape);
        foreach (Isa isa in Backends.Isas)
        {
            CpuBackend backend = backends.Get(isa, 2);
            Tape tape = new(backend);
            tape.BeginEvaluation();
            (Variable expected, Tensor finalHidden, Tensor finalCell) = tape.Lstm(
                tape.Constant(x), hidden, cell, tape.Constant(inputWeight), tape.Constant(recurrentWeight), tape.Constant(bias), tape.Constant(noBias));

            Tensor h = Tensor.From(hidden.Shape, hidden.Span), c = Tensor.From(cell.Shape, cell.Span);
            Tensor gates = Tensor.Allocate(new Shape(Length * streams, 4 * Size)), output = Tensor.Allocate(new Shape(Length * streams, Size));
            backend.Linear(x, inputWeight, bias, gates);
            backend.Lstm(gates, new CpuPreparedWeight(recurrentWeight), h, c, Tensor.Allocate(new Shape(streams, 4 * Size)), output);
            AssertClose(isa, expected.Value, output);
            AssertClose(isa, finalHidden, h);
            AssertClose(isa, finalCell, c);
        }
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        CpuBackend backend = backends.Get(CpuBackend.Best);
        Refuses("the rows of the recurrent weight is 8, but 12", () => backend.Lstm(New(1, 12), new CpuPreparedWeight(New(8, 3)), New(1, 3), New(1, 3), New(1, 12), New(1, 3)));
        CpuPreparedWeight weight = new(New(8, 2));
        Refuses("the length of a row of gates is 7, but 8", () => backend.Lstm(New(3, 7), weight, New(3, 2), New(3, 2), New(3, 8), New(3, 2)));
        Refuses("beyond whole time steps is 1, but 0", () => backend.Lstm(New(4, 8), weight, New(3, 2), New(3, 2), New(3, 8), New(4, 2)));
        Refuses("the hidden state is 3, but 6", () => backend.Lstm(New(3, 8), weight, New(3, 1), New(3, 2), New(3, 8), New(3, 2)));
        Refuses("the cell state is 4, but 6", () => backend.Lstm(New(3, 8), weight, New(3, 2), New(2, 2), New(3, 8), New(3, 2)));
        Refuses("the working memory is 16, but 24", () => backend.Lstm(New(3, 8), weight, New(3, 2), New(3, 2), New(2, 8), New(3, 2)));
        Refuses("the output is 8, but 6", () => backend.Lstm(New(3, 8), weight, New(3, 2), New(3, 2), New(3, 8), New(4, 2)));
    }

    [Fact]
    public void A_projected_layer_allocates_nothing()
    {
        System.Random random = new(3);
        const int Streams = 2, Projected = 7;
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        CpuPreparedWeight weight = new(InferenceTensors.Random(random, new Shape(4 * Size, Projected))), projection = new(InferenceTensors.Random(random, new Shape(Projected, Size)));
        Tensor gates = New(Length * Streams, 4 * Size), hidden = New(Streams, Projected), cell = New(Streams, Size), recurrent = New(Streams, 4 * Size);
        Tensor output = New(Length * Streams, Projected), units = New(Streams, Size);
        Assert.Equal(0, Allocations.MinOf(() => backend.Lstm(gates, weight, hidden, cell, recurrent, output, projection, units)));
        Refuses("the working memory of the projection is 0, but 74", () => backend.Lstm(gates, weight, hidden, cell, recurrent, output, projection));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void Backends_share_a_weight_and_a_packed_one_gives_the_same_bits(int streams)
    {
        System.Random random = new(5);
        Tensor gates = InferenceTensors.Random(random, new Shape(4 * streams, 4 * Size)), recurrentWeight = InferenceTensors.Random(random, new Shape(4 * Size, Size));
        foreach (Isa isa in Backends.Isas)
        {
            CpuPreparedWeight shared = new(recurrentWeight);
            float[] first = Run(backends.Get(isa, 1), shared), second = Run(backends.Get(isa, 2), shared), alone = Run(backends.Get(isa, 1), new CpuPreparedWeight(recurrentWeight));
            Assert.Equal(first, second);
            Assert.Equal(first, alone);
        }

        float[] Run(CpuBackend backend, PreparedWeight weight)
        {
            Tensor output = New(4 * streams, Size);
            backend.Lstm(Tensor.From(gates.Shape, gates.Span), weight, New(streams, Size), New(streams, Size), New(streams, 4 * Size), output);
            return output.Span.ToArray();
        }
    }

    private static Tensor New(int rows, int columns) => Tensor.Allocate(new Shape(rows, columns));

    private static void Refuses(string message, Action action) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);

    private static void AssertClose(Isa isa, Tensor expected, Tensor actual)
    {
        string? mismatch = Tolerance.Mismatch(actual.Span, Array.ConvertAll(expected.Span.ToArray(), value => (double)value), Tolerance.Of(Size), 1);
        Assert.True(mismatch is null, $"{isa}: {mismatch}");
    }
}
