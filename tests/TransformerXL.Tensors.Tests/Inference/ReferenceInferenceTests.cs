using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Reference;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>Inference names a backend: the reference backend creates its own weights and memories and computes the same results.</summary>
public sealed class ReferenceInferenceTests(Backends backends) : IClassFixture<Backends>
{
    private const int Depth = 45, Outputs = 51;

    [Theory]
    [InlineData(1, Precision.Float32)]
    [InlineData(20, Precision.Float32)]
    [InlineData(3, Precision.Bfloat16)]
    [InlineData(20, Precision.Bfloat16)]
    [InlineData(3, Precision.Int8)]
    [InlineData(20, Precision.Int8)]
    public void Products_with_stored_and_prepared_weights_are_those_of_the_reference_backend(int rows, Precision precision)
    {
        Tensor x = Random("x", new Shape(rows, Depth)), w = Random("w", new Shape(Outputs, Depth)), bias = Random("bias", new Shape(Outputs));
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            AssertAlike(Compute, Depth);

            float[] Compute(Backend backend)
            {
                Tensor y = Tensor.Allocate(new Shape(4, rows, Outputs));
                PreparedWeight prepared = backend.PrepareWeight(w, precision);
                backend.Linear(x, backend.CreateWeight(w, precision), bias, y.Slice(0, 1), activation);
                backend.Linear(x, prepared, default, y.Slice(1, 1), activation);
                backend.Linear(x, prepared, bias, y.Slice(2, 1), activation);
                backend.Linear(x, prepared, bias, y.Slice(3, 1), activation);
                return y.Span.ToArray();
            }
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    [InlineData(Precision.Int8)]
    public void Negative_log_likelihoods_are_those_of_the_reference_backend(Precision precision)
    {
        const int Rows = 11;
        Tensor x = Random("x", new Shape(Rows, Depth)), w = Random("w", new Shape(Outputs, Depth)), bias = Random("bias", new Shape(Outputs));
        IndexTensor targets = IndexTensor.From([.. Enumerable.Range(0, Rows).Select(row => row * 5)]);
        AssertAlike(
            backend =>
            {
                float[] nll = new float[Rows];
                backend.NegativeLogLikelihood(x, backend.CreateWeight(w, precision), bias, targets, Tensor.Allocate(new Shape(Rows * (3 + 40))), nll);
                return nll;
            },
            Depth);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void A_layer_of_long_short_term_memory_gives_what_the_reference_backend_gives(int streams)
    {
        const int Size = 10, Length = 4;
        Tensor gates = Random("gates", new Shape(Length * streams, 4 * Size)), weight = Random("weight", new Shape(4 * Size, Size));
        Tensor hidden = Random("hidden", new Shape(streams, Size)), cell = Random("cell", new Shape(streams, Size));
        AssertAlike(
            backend =>
            {
                Tensor h = Copy(hidden), c = Copy(cell), output = Tensor.Allocate(new Shape(Length * streams, Size));
                backend.Lstm(Copy(gates), backend.PrepareWeight(weight), h, c, Tensor.Allocate(new Shape(streams, 4 * Size)), output);
                return [.. output.Span, .. h.Span, .. c.Span];
            },
            Size);
    }

    [Theory]
    [InlineData(1, Precision.Float32)]
    [InlineData(13, Precision.Float32)]
    [InlineData(1, Precision.Bfloat16)]
    [InlineData(13, Precision.Bfloat16)]
    public void Attention_over_stored_keys_gives_what_the_reference_backend_gives_also_after_a_move(int queries, Precision precision)
    {
        const int Streams = 2, Heads = 3, HeadSize = 26, Rows = 30, Width = Heads * HeadSize;
        Tensor projected = Random("rows", new Shape(Rows, Streams, 3 * Width)), relative = Random("relative", new Shape(Rows + 5, Width));
        Tensor u = Random("u", new Shape(Heads, HeadSize)), v = Random("v", new Shape(Heads, HeadSize));
        AssertAlike(
            backend =>
            {
                KeyValueMemory memory = backend.CreateKeyValueMemory(Rows + 9, Streams, Heads, HeadSize, precision), copy = memory.CreateEmpty();
                memory.Write(9, projected);
                memory.CopyToStart(13, Rows - 4, copy);
                Tensor output = Tensor.Allocate(new Shape(queries, Streams, Width)), rows = Tensor.Allocate(new Shape(Rows - 4, Streams, 2 * Width));
                backend.Attention(
                    projected.Slice(Rows - queries, queries), copy, 0, Rows - 4, backend.CreateRelativeTable(relative, Heads, precision), u, v, 12,
                    Tensor.Allocate(new Shape(queries, Streams, Heads)), output);
                copy.Read(0, rows);
                return [.. output.Span, .. rows.Span];
            },
            Width,
            precision == Precision.Float32 ? null : 0.03);
    }

    [Fact]
    public void Weights_and_memories_of_another_class_of_backend_are_refused_by_name()
    {
        Backend reference = new ReferenceBackend(), cpu = backends.Get(CpuBackend.Best);
        Tensor x = Tensor.Allocate(new Shape(1, 8)), w = Tensor.Allocate(new Shape(8, 8)), bias = Tensor.Allocate(new Shape(2, 4));
        foreach ((Backend owner, Backend other) in new[] { (reference, cpu), (cpu, reference) })
        {
            KeyValueMemory memory = owner.CreateKeyValueMemory(6, 1, 2, 4), foreign = other.CreateKeyValueMemory(6, 1, 2, 4);
            RelativeTable relative = owner.CreateRelativeTable(w, 2);
            Refuses(() => other.Linear(x, owner.CreateWeight(w), default, x));
            Refuses(() => other.Linear(x, owner.PrepareWeight(w), default, x));
            Refuses(() => other.Attention(x, memory, 0, 1, relative, bias, bias, 9, x, x));
            Refuses(() => other.Attention(x, foreign, 0, 1, relative, bias, bias, 9, x, x));
            Assert.Throws<ArgumentException>(() => memory.CopyToStart(0, 1, foreign));

            void Refuses(Action action) =>
                Assert.Contains($"a {other.GetType().Name} cannot read a", Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
        }
    }

    private void AssertAlike(Func<Backend, float[]> compute, int reduction, double? tolerance = null)
    {
        double[] expected = Array.ConvertAll(compute(new ReferenceBackend()), value => (double)value);
        foreach (Isa isa in Backends.Isas)
        {
            string? mismatch = Tolerance.Mismatch(compute(backends.Get(isa, 2)), expected, tolerance ?? Tolerance.Of(reduction), 1);
            Assert.True(mismatch is null, $"{isa}: {mismatch}");
        }
    }

    private static Tensor Random(string name, Shape shape) => Tensor.From(shape, new RandomValues(name).Normal((int)shape.Count));

    private static Tensor Copy(Tensor tensor) => Tensor.From(tensor.Shape, tensor.Span);
}
