using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Sizes that do not fit are refused with the operation and both sizes.</summary>
public sealed class OperationErrorTests : IClassFixture<Backends>
{
    private readonly Tape _tape;

    public OperationErrorTests(Backends backends)
    {
        _tape = new Tape(backends.Get(CpuBackend.Best));
        _tape.BeginTraining(1, 1);
    }

    [Fact]
    public void Embedding() => Refuses(
        "embedding: the number of ids is 3, but 2 is needed",
        () => _tape.Embedding(New(4, 3), _tape.Allocate([0, 1, 2]), new Shape(2)));

    [Fact]
    public void Linear()
    {
        Refuses("linear: the length of an input row is 3, but 5 is needed", () => _tape.Linear(New(2, 3), New(4, 5)));
        Refuses("linear: the length of an input row is 3, but 4 is needed", () => _tape.Linear(New(2, 3), New(4, 3), transposed: true));
        Refuses("linear: the length of the bias is 3, but 4 is needed", () => _tape.Linear(New(2, 3), New(4, 3), New(3)));
    }

    [Fact]
    public void LayerNorm()
    {
        Refuses("layer norm: the length of the gain is 4, but 3 is needed", () => _tape.LayerNorm(New(2, 3), null, New(4), New(3)));
        Refuses("layer norm: the length of the bias is 4, but 3 is needed", () => _tape.LayerNorm(New(2, 3), null, New(3), New(4)));
        Refuses("layer norm: the shape of the residual is (3, 3), but (2, 3) is needed", () => _tape.LayerNorm(New(2, 3), New(3, 3), New(3), New(3)));
    }

    [Fact]
    public void Residual() => Refuses(
        "residual: the shape of the residual is (3, 3), but (2, 3) is needed", () => _tape.AddResidual(New(2, 3), New(3, 3)));

    [Fact]
    public void Concatenate() => Refuses(
        "concatenate: the shape of the memory is (5, 3), but (5, 4) is needed", () => _tape.Concatenate(Tensor.Allocate(new Shape(5, 3)), New(2, 4)));

    [Fact]
    public void LastRows() => Assert.Contains(
        "(5, 1, 2)", Assert.Throws<ArgumentOutOfRangeException>(() => _tape.LastRows(New(5, 1, 2), 6)).Message, StringComparison.Ordinal);

    [Fact]
    public void Primitives()
    {
        Refuses("add: the shape of the second term is (3, 2), but (2, 3) is needed", () => _tape.Add(New(2, 3), New(3, 2)));
        Refuses("multiply: the shape of the second factor is (3, 2), but (2, 3) is needed", () => _tape.Multiply(New(2, 3), New(3, 2)));
        Refuses("matrix product: the columns of the first matrix is 3, but 4 is needed", () => _tape.MatrixProduct(New(2, 3), New(4, 3)));
        Refuses("matrix product: the number of axes of the second matrix is 3, but 2 is needed", () => _tape.MatrixProduct(New(2, 3), New(3, 1, 4)));
        Refuses("concatenate: the number of parts is 0, but at least 1 is needed", () => _tape.Concatenate([]));
        Refuses("concatenate: the shape of a part is (2, 4), but (2, 3) is needed", () => _tape.Concatenate([New(5, 3), New(1, 3), New(2, 4)]));
        Refuses("mean rows: the number of axes of the input is 2, but 3 is needed", () => _tape.MeanRows(New(2, 3)));
        Refuses("mean rows: the number of lengths is 2, but 3 is needed", () => _tape.MeanRows(New(2, 3, 4), _tape.Allocate([1, 2])));
        RefusesIndex("mean rows: a length is 3, but from 0 to below 3 is needed", () => _tape.MeanRows(New(2, 3, 4), _tape.Allocate([1, 2, 3])));
    }

    [Fact]
    public void GatherRows() => RefusesIndex(
        "gather rows: a row is 6, but from 0 to below 6 is needed", () => _tape.GatherRows(New(2, 3, 4), _tape.Allocate([5, 6])));

    [Fact]
    public void ScatterRows()
    {
        Refuses("scatter rows: the number of parts is 0, but at least 1 is needed", () => _tape.ScatterRows(new Shape(2), [], [], 1, 0));
        Refuses("scatter rows: the number of lists of positions is 1, but 2 is needed", () => Scatter(2, [New(1, 3), New(1, 3)], [0]));
        Refuses("scatter rows: the length of a part's row is 4, but 3 is needed", () => Scatter(2, [New(1, 3), New(1, 4)], [0], [1]));
        Refuses("scatter rows: the number of positions of a part is 1, but 2 is needed", () => Scatter(2, [New(2, 3)], [0]));
        Refuses("scatter rows: the number of rows of all parts is 3, but 4 is needed", () => Scatter(4, [New(1, 3), New(2, 3)], [0], [1, 2]));
        Refuses("scatter rows: the number of rows before with the same position is 1, but 0 is needed", () => Scatter(3, [New(1, 3), New(2, 3)], [1], [1, 2]));
        RefusesIndex("scatter rows: a position is -1, but from 0 to below 2 is needed", () => Scatter(2, [New(2, 3)], [0, -1]));
    }

    [Fact]
    public void CrossEntropy()
    {
        Refuses("cross-entropy: the length of an input row is 3, but 2 is needed", () => _tape.CrossEntropy(New(2, 3), New(4, 2), null, _tape.Allocate([0, 1])));
        Refuses("cross-entropy: the number of targets is 1, but 2 is needed", () => _tape.CrossEntropy(New(2, 3), New(4, 3), null, _tape.Allocate([0])));
        Refuses("cross-entropy: the length of the bias is 5, but 4 is needed", () => _tape.CrossEntropy(New(2, 3), New(4, 3), New(5), _tape.Allocate([0, 1])));
        Refuses(
            "cross-entropy: the number of nlls is 3, but 2 is needed",
            () => _tape.CrossEntropy(New(2, 3), New(4, 3), null, _tape.Allocate([0, 1]), Tensor.Allocate(new Shape(3))));
    }

    [Fact]
    public void CrossEntropyOfParts()
    {
        Refuses("cross-entropy: the number of rows of a weight is 4, but at least 5 is needed", () => LossOf(New(2, 3), new(New(4, 3), null, 3, 2), null));
        Refuses("cross-entropy: the first row of a part is -1, but at least 0 is needed", () => LossOf(New(2, 3), new(New(4, 3), null, -1, 2), null));
        Refuses("cross-entropy: the number of rows of a part is 0, but at least 1 is needed", () => LossOf(New(2, 3), new(New(4, 3), null, 0, 0), null));
        Refuses("cross-entropy: the length of an input row is 3, but 2 is needed", () => LossOf(New(2, 3), new(New(4, 3), null, 0, 4), new(New(4, 2), null, 0, 4)));
        Refuses("cross-entropy: the length of the bias is 2, but 4 is needed", () => LossOf(New(2, 3), new(New(4, 3), New(2), 0, 2), null));
        Refuses("cross-entropy: the divisor is 0, but at least 1 is needed", () => LossOf(New(2, 3), new(New(4, 3), null, 0, 2), null, divisor: 0));
    }

    [Fact]
    public void QueryKeyValue()
    {
        Refuses("query, key, value: the length of an input row is 4, but 5 is needed", () => _tape.QueryKeyValue(New(2, 1, 4), New(6, 5), 0, true));
        Refuses("query, key, value: the rows of the weight beyond a multiple of 3 is 1, but 0 is needed", () => _tape.QueryKeyValue(New(2, 1, 4), New(7, 4), 0, true));
    }

    [Fact]
    public void RelativeAttention()
    {
        Refuses("attention: the length of a row of keys and values is 6, but 8 is needed", () => Attend(New(2, 1, 4), New(2, 1, 6), New(2, 4)));
        Refuses("attention: the streams of the keys is 3, but 1 is needed", () => Attend(New(2, 1, 4), New(2, 3, 8), New(2, 4)));
        Refuses("attention: the shape of the relative rows is (3, 4), but (2, 4) is needed", () => Attend(New(2, 1, 4), New(2, 1, 8), New(3, 4)));
        Refuses("attention: the shape of the relative rows is (2, 5), but (2, 4) is needed", () => Attend(New(2, 1, 4), New(2, 1, 8), New(2, 5)));
        Refuses("attention: the shape of u is (2, 3), but (2, 2) is needed", () => Attend(New(2, 1, 4), New(2, 1, 8), New(2, 4), New(2, 3)));
        Refuses("attention: the shape of v is (4, 1), but (2, 2) is needed", () => Attend(New(2, 1, 4), New(2, 1, 8), New(2, 4), New(2, 2), New(4, 1)));
        Refuses("attention: the number of keys is 2, but at least 3 is needed", () => Attend(New(3, 1, 4), New(2, 1, 8), New(2, 4)));
    }

    [Fact]
    public void Segments()
    {
        Refuses("attention: the shape of the segment scores is (2, 1, 1), but (2, 1, 2) is needed", () => Attend(New(2, 1, 1), new KeySegments([0, 1], 1)));
        Refuses("attention: the number of keys with a text is 3, but 2 is needed", () => Attend(New(2, 1, 2), new KeySegments([0, 1, 1], 1)));
        Refuses("attention: the number of streams of the texts is 2, but 1 is needed", () => Attend(New(2, 1, 2), new KeySegments([0, 1, 1, 0], 2)));
        Refuses("key segments: the number of texts is 3, but a multiple of 2 is needed", () => _ = new KeySegments([0, 1, 1], 2));
        Refuses("segment scores: the size of a query is 5, but 4 is needed", () => _tape.SegmentScores(New(2, 1, 5), New(2, 2), New(2, 2, 2)));
        Refuses("segment scores: the shape of the segment embeddings is (2, 2, 3), but (2, 2, 2) is needed", () => _tape.SegmentScores(New(2, 1, 4), New(2, 2), New(2, 2, 3)));

        void Attend(Variable scores, KeySegments segments) =>
            _tape.RelativeAttention(New(2, 1, 4), New(2, 1, 8), New(3, 4), New(2, 2), New(2, 2), scores, segments, Visibility.Bidirectional);
    }

    [Fact]
    public void AttentionVisibility()
    {
        Refuses("attention: the shape of the relative rows is (3, 4), but (5, 4) is needed", () => See(Visibility.Bidirectional, New(3, 1, 4), New(3, 1, 8), New(3, 4)));
        Refuses("attention: there are relative rows, but in cross attention", () => See(Visibility.Cross, New(3, 1, 4), New(2, 1, 8), New(2, 4)));
        Refuses("attention: the number of keys is 2, but at least 3 is needed", () => See(Visibility.Bidirectional, New(3, 1, 4), New(2, 1, 8)));
        Refuses("attention: the number of lengths of queries is 1, but 2 is needed", () => See(Visibility.Causal().WithLengths(new int[1]), New(3, 2, 4), New(3, 2, 8)));
        Refuses("attention: the number of lengths of keys is 0, but 2 is needed", () => See(Visibility.Cross.WithLengths(new int[2], default), New(3, 2, 4), New(3, 2, 8)));
        Refuses("attention: the queries that the ranges of the visibility cover is 2, but at least 3 is needed", () => See(Visibility.Blocks(2, [new(0, 3)]), New(3, 1, 4), New(3, 1, 8)));
        Refuses("attention: the last key of the visibility's ranges and global positions is 3, but there are 3 keys", () => See(Visibility.Blocks(3, [new(0, 4)]), New(3, 1, 4), New(3, 1, 8)));
        Refuses("attention: the last key of the visibility's ranges and global positions is 7, but there are 3 keys", () => See(Visibility.Window(1, 1, 7), New(3, 1, 4), New(3, 1, 8)));
        RefusesIndex("attention: stream 1 has 4 queries, but there is room for 0 to 3", () => See(Visibility.Causal().WithLengths(new[] { 3, 4 }), New(3, 2, 4), New(3, 2, 8)));
        RefusesIndex("attention: stream 0 has -1 keys, but there is room for 0 to 2", () => See(Visibility.Cross.WithLengths(new[] { 3 }, new[] { -1 }), New(3, 1, 4), New(2, 1, 8)));
    }

    [Fact]
    public void Lstm()
    {
        Refuses("lstm: the number of axes of the input is 2, but 3 is needed", () => Recur(New(2, 3)));
        Refuses("lstm: the length of an input row is 4, but 3 is needed", () => Recur(New(5, 2, 4)));
        Refuses("lstm: the rows of the input weight is 9, but 8 is needed", () => Recur(New(5, 2, 3), inputWeight: New(9, 3)));
        Refuses("lstm: the rows of the recurrent weight is 7, but 8 is needed", () => Recur(New(5, 2, 3), recurrentWeight: New(7, 2)));
        Refuses("lstm: the shape of the input bias is (7), but (8) is needed", () => Recur(New(5, 2, 3), inputBias: New(7)));
        Refuses("lstm: the shape of the recurrent bias is (9), but (8) is needed", () => Recur(New(5, 2, 3), recurrentBias: New(9)));
        Refuses("lstm: the shape of the hidden state is (3, 2), but (2, 2) is needed", () => Recur(New(5, 2, 3), hidden: New(3, 2)));
        Refuses("lstm: the shape of the cell state is (2, 3), but (2, 2) is needed", () => Recur(New(5, 2, 3), cell: New(2, 3)));
    }

    private static Parameter New(params ReadOnlySpan<int> axes) => Parameters.New(axes);

    private static void Refuses(string message, Action action) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);

    private static void RefusesIndex(string message, Action action) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(action).Message, StringComparison.Ordinal);

    private void Scatter(int rows, Parameter[] parts, params int[][] positions) =>
        _tape.ScatterRows(new Shape(rows), parts, [.. positions.Select(part => _tape.Allocate(part))], 1, 0);

    private void LossOf(Parameter input, SoftmaxPart first, SoftmaxPart? second, int divisor = 2) =>
        _tape.CrossEntropy(input, first, second, _tape.Allocate([0, 1]), divisor);

    private void Attend(Parameter queries, Parameter keysValues, Parameter relative, Parameter? u = null, Parameter? v = null) =>
        _tape.RelativeAttention(queries, keysValues, relative, u ?? New(2, 2), v ?? New(2, 2), int.MaxValue);

    private void See(in Visibility visibility, Parameter queries, Parameter keysValues, Parameter? relative = null) => _ = relative is null
        ? _tape.Attention(queries, keysValues, 2, visibility)
        : _tape.RelativeAttention(queries, keysValues, relative, New(2, 2), New(2, 2), visibility);

    private void Recur(
        Parameter input, Parameter? hidden = null, Parameter? cell = null, Parameter? inputWeight = null, Parameter? recurrentWeight = null,
        Parameter? inputBias = null, Parameter? recurrentBias = null) =>
        _tape.Lstm(
            input, (hidden ?? New(2, 2)).Value, (cell ?? New(2, 2)).Value, inputWeight ?? New(8, 3), recurrentWeight ?? New(8, 2),
            inputBias ?? New(8), recurrentBias ?? New(8));
}
