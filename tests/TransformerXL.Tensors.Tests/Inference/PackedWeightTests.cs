using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Inference;

/// <summary>A weight that is packed once for many products.</summary>
public sealed class PackedWeightTests(Backends backends) : IClassFixture<Backends>
{
    [Theory]
    [InlineData(9, 37, 300)]
    [InlineData(12, 64, 70)]
    [InlineData(100, 97, 513)]
    [InlineData(513, 256, 64)]
    public void A_product_has_the_same_bits_packed_or_not(int rows, int outer, int inner)
    {
        System.Random random = new(rows);
        Tensor x = InferenceTensors.Random(random, new Shape(rows, inner)), weight = InferenceTensors.Random(random, new Shape(outer, inner));
        Tensor bias = InferenceTensors.Random(random, new Shape(outer)), expected = Tensor.Allocate(new Shape(rows, outer)), actual = Tensor.Allocate(expected.Shape);
        foreach (Isa isa in Backends.Isas)
        {
            CpuBackend backend = backends.Get(isa, 2);
            PackedWeight packed = new(backends.Get(isa), weight);
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                backend.Linear(x, weight, bias, expected, activation);
                backend.Linear(x, packed, bias, actual, activation);
                Assert.Equal(expected.Span, actual.Span);
            }
        }
    }

    [Theory]
    [InlineData(Precision.Float32, 70)]
    [InlineData(Precision.Float32, 600)]
    [InlineData(Precision.Bfloat16, 70)]
    [InlineData(Precision.Bfloat16, 600)]
    public unsafe void A_weight_that_owns_its_values_keeps_one_copy_and_gives_the_same_bits(Precision precision, int inner)
    {
        System.Random random = new(5);
        Tensor values = InferenceTensors.Random(random, new Shape(45, inner)), bias = InferenceTensors.Random(random, new Shape(45));
        foreach (Isa isa in Backends.Isas)
        {
            CpuBackend backend = backends.Get(isa, 2), other = backends.Get(isa == Isa.Scalar ? CpuBackend.Best : Isa.Scalar);
            Tensor given = Tensor.From(values.Shape, values.Span);
            PreparedWeight owner = backend.PrepareWeight(given, precision, owns: true), shared = backend.PrepareWeight(values, precision);
            Assert.Equal(precision == Precision.Bfloat16, given.Owner!.Pointer == null);
            // Few rows before the values are packed, many, then few that unpack: once for themselves, then for all.
            bool gave = precision == Precision.Bfloat16;
            foreach (int rows in (int[])[1, 30, 2, 30, 1, 3, 30])
            {
                gave |= rows == 30;
                Tensor x = InferenceTensors.Random(random, new Shape(rows, inner)), expected = Tensor.Allocate(new Shape(rows, 45)), actual = Tensor.Allocate(expected.Shape);
                foreach (CpuBackend user in (CpuBackend[])[backend, other])
                {
                    foreach (bool alone in (bool[])[false, true])
                    {
                        user.Linear(x, shared, bias, expected, Activation.Gelu, alone);
                        user.Linear(x, owner, bias, actual, Activation.Gelu, alone);
                        Assert.Equal(expected.Span, actual.Span);
                    }
                }

                Assert.Equal(gave, given.Owner!.Pointer == null);
            }

            Assert.True(owner.PackedBytes > 0);
        }
    }

    [Theory]
    [InlineData(32, 70)]
    [InlineData(64, 256)]
    [InlineData(96, 768)]
    [InlineData(160, 512)]
    public unsafe void Rows_that_nothing_else_reads_are_packed_in_their_own_memory(int outer, int inner)
    {
        System.Random random = new(outer);
        Tensor values = InferenceTensors.Random(random, new Shape(outer, inner)), many = InferenceTensors.Random(random, new Shape(30, inner)), few = InferenceTensors.Random(random, new Shape(1, inner));
        foreach (Isa isa in Backends.Isas)
        {
            CpuBackend backend = backends.Get(isa, 2);
            Tensor given = Tensor.From(values.Shape, values.Span);
            PreparedWeight owner = backend.PrepareWeight(given, owns: true), shared = backend.PrepareWeight(values);
            foreach ((Tensor x, bool isPacked, bool isFreed) in ((Tensor, bool, bool)[])[(many, false, false), (many, true, false), (few, true, false), (few, true, true), (many, true, true)])
            {
                Tensor expected = Tensor.Allocate(new Shape(x.Shape[0], outer)), actual = Tensor.Allocate(expected.Shape);
                backend.Linear(x, shared, default, expected);
                backend.Linear(x, owner, default, actual);
                Assert.Equal(expected.Span, actual.Span);
                Assert.Equal(isFreed, given.Owner!.Pointer == null);
                Assert.True(isFreed || isPacked != given.Span.SequenceEqual(values.Span));
            }
        }
    }

    [Fact]
    public void A_tape_that_can_differentiate_writes_no_given_memory()
    {
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        Tape tape = new(backend);
        tape.BeginTraining(1, 1);
        Parameter weight = new("w", new Shape(2, 3), ParameterRole.Matrix());
        Tensor output = Tensor.Allocate(new Shape(1, 2));
        Assert.Throws<InvalidOperationException>(() => tape.LinearInto(tape.Constant(Tensor.Allocate(new Shape(1, 3))), weight, null, output));
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    public unsafe void A_weight_that_owns_its_values_has_the_layout_of_what_reads_it_and_both_where_two_take_turns(Precision precision)
    {
        CpuBackend backend = backends.Get(CpuBackend.Best, 1);
        Tensor given = InferenceTensors.Random(new System.Random(5), new Shape(45, 70));
        PreparedWeight owner = backend.PrepareWeight(given, precision, owns: true);
        foreach ((int rows, bool packed, bool freed) in ((int, bool, bool)[])
            [(30, false, false), (1, false, false), (30, true, true), (1, true, true), (1, false, true), (1, false, true), (30, true, true), (1, true, true), (1, true, true), (1, true, true)])
        {
            backend.Linear(Tensor.Allocate(new Shape(rows, 70)), owner, default, Tensor.Allocate(new Shape(rows, 45)));
            Assert.Equal((packed, freed || precision == Precision.Bfloat16), (owner.PackedBytes > 0, given.Owner!.Pointer == null));
        }
    }

    [Fact]
    public unsafe void A_weight_in_8_bits_that_owns_its_values_frees_them_when_they_are_rounded()
    {
        System.Random random = new(7);
        CpuBackend backend = backends.Get(CpuBackend.Best, 2);
        Tensor values = InferenceTensors.Random(random, new Shape(45, 70)), given = Tensor.From(values.Shape, values.Span);
        PreparedWeight owner = backend.PrepareWeight(given, Precision.Int8, owns: true), shared = backend.PrepareWeight(values, Precision.Int8);
        Assert.True(given.Owner!.Pointer != null);
        foreach (int rows in (int[])[1, 30])
        {
            Tensor x = InferenceTensors.Random(random, new Shape(rows, 70)), expected = Tensor.Allocate(new Shape(rows, 45)), actual = Tensor.Allocate(expected.Shape);
            backend.Linear(x, shared, default, expected);
            backend.Linear(x, owner, default, actual);
            Assert.Equal(expected.Span, actual.Span);
            Assert.True(given.Owner!.Pointer == null);
        }
    }

    [Fact]
    public async Task Values_are_not_freed_while_another_thread_reads_them()
    {
        System.Random random = new(6);
        Tensor values = InferenceTensors.Random(random, new Shape(64, 64)), few = InferenceTensors.Random(random, new Shape(1, 64)), many = InferenceTensors.Random(random, new Shape(30, 64));
        using CpuBackend first = new(threads: 1), second = new(threads: 1);
        Tensor expected = Tensor.Allocate(new Shape(1, 64));
        first.Linear(few, first.CreateWeight(values), default, expected);
        for (int i = 0; i < 200; i++)
        {
            PreparedWeight weight = first.PrepareWeight(Tensor.From(values.Shape, values.Span), owns: true);
            using Barrier start = new(2);
            Task<float[][]> reader = Task.Run(() =>
            {
                float[][] read = new float[20][];
                Tensor actual = Tensor.Allocate(expected.Shape);
                start.SignalAndWait();
                for (int j = 0; j < read.Length; j++)
                {
                    second.Linear(few, weight, default, actual);
                    read[j] = actual.Span.ToArray();
                }

                return read;
            });
            start.SignalAndWait();
            first.Linear(many, weight, default, Tensor.Allocate(new Shape(30, 64)));
            Assert.All(await reader, read => Assert.Equal(expected.Span.ToArray(), read));
        }
    }

    [SkippableFact]
    public void Another_instruction_set_is_refused_by_name()
    {
        Skip.If(CpuBackend.Best == Isa.Scalar, "this processor has no other instruction set");
        PackedWeight packed = new(backends.Get(Isa.Scalar), Tensor.Allocate(new Shape(3, 2)));
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => backends.Get(CpuBackend.Best).Linear(Tensor.Allocate(new Shape(4, 2)), packed, default, Tensor.Allocate(new Shape(4, 3))));
        Assert.Contains($"packed for Scalar, but the backend computes with {CpuBackend.Best}", refused.Message, StringComparison.Ordinal);
    }
}
