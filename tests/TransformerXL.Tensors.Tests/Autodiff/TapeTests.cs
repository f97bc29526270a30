using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

public sealed class TapeTests(Backends backends) : IClassFixture<Backends>
{
    [Fact]
    public void A_step_of_evaluation_cannot_be_differentiated()
    {
        Tape tape = NewTape();
        tape.BeginEvaluation();
        Variable loss = tape.CrossEntropy(New(2, 3), New(4, 3), null, tape.Allocate([0, 1]));
        Assert.Contains("evaluation", Assert.Throws<InvalidOperationException>(() => tape.Backward(loss)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_drops_nothing()
    {
        Tape tape = NewTape();
        tape.BeginEvaluation();
        Parameter input = New(5, 40);
        Assert.Same(input, tape.Dropout(input, 0.5f));
    }

    [Fact]
    public void Each_dropout_of_a_step_has_a_mask_of_its_own()
    {
        Tape tape = NewTape();
        tape.BeginTraining(1, 1);
        Parameter input = New(4, 64);
        Assert.NotEqual(tape.Dropout(input, 0.5f).Value.Span.ToArray(), tape.Dropout(input, 0.5f).Value.Span.ToArray());
    }

    [Fact]
    public void The_same_seed_and_step_give_the_same_mask_and_another_step_another()
    {
        Tape tape = NewTape();
        Parameter input = New(4, 64);
        float[] Dropped(uint step)
        {
            tape.BeginTraining(1, step);
            return tape.Dropout(input, 0.5f).Value.Span.ToArray();
        }

        float[] first = Dropped(1);
        Assert.Equal(first, Dropped(1));
        Assert.NotEqual(first, Dropped(2));
    }

    [Fact]
    public void A_value_read_twice_gets_the_sum_of_both_gradients()
    {
        Tape tape = NewTape();
        tape.BeginTraining(1, 1);
        Parameter x = New(2, 3);
        Variable y = tape.AddResidual(x, x);
        Variable z = tape.AddResidual(y, x);
        tape.Backward(WeightedSumOperation.Of(tape, [z], [[1, 2, 3, 4, 5, 6]]));
        Assert.Equal([3f, 6f, 9f, 12f, 15f, 18f], x.Gradient.Span.ToArray());
    }

    [Fact]
    public void Two_losses_can_be_added_and_both_are_differentiated()
    {
        Tape tape = NewTape();
        Parameter a = New(2, 3), b = New(4, 3), weight = New(5, 3);
        float[] Gradient(Parameter of, Func<Variable, Variable, Variable> total)
        {
            tape.BeginTraining(1, 1);
            of.ClearGradient();
            Variable first = tape.CrossEntropy(a, weight, null, tape.Allocate([0, 4]));
            Variable second = tape.CrossEntropy(b, weight, null, tape.Allocate([1, 2, 3, 0]));
            Variable loss = total(first, second);
            Assert.Equal(new Shape(1), loss.Shape);
            tape.Backward(loss);
            return of.Gradient.Span.ToArray();
        }

        Assert.Equal(Gradient(a, (first, _) => first), Gradient(a, (first, second) => tape.AddResidual(first, second)));
        Assert.Equal(Gradient(b, (_, second) => second), Gradient(b, (first, second) => tape.AddResidual(first, second)));
    }

    [Fact]
    public void The_seed_multiplies_the_gradients()
    {
        Tape tape = NewTape();
        tape.BeginTraining(1, 1);
        Parameter x = New(1, 2);
        tape.Backward(WeightedSumOperation.Of(tape, [tape.AddResidual(x, x)], [[1, 2]]), seed: -0.5f);
        Assert.Equal([-1f, -2f], x.Gradient.Span.ToArray());
    }

    [Fact]
    public void What_the_loss_does_not_depend_on_gets_no_gradient()
    {
        Tape tape = NewTape();
        tape.BeginTraining(1, 1);
        Parameter used = New(1, 2), unused = New(1, 2);
        Variable aside = tape.AddResidual(unused, unused);
        tape.Backward(WeightedSumOperation.Of(tape, [tape.AddResidual(used, used)], [[1, 2]]));
        Assert.True(used.HasGradient);
        Assert.False(unused.HasGradient);
        Assert.True(aside.Gradient.IsEmpty);
    }

    [Fact]
    public void A_second_reader_of_a_value_that_allows_one_is_refused_with_its_shape()
    {
        Tape tape = NewTape();
        tape.BeginTraining(1, 1);
        Parameter input = New(2, 1, 4), weight = New(6, 4);
        (Variable q1, Variable kv1) = tape.QueryKeyValue(input, weight, 0, true);
        (Variable q2, Variable kv2) = tape.QueryKeyValue(input, weight, 0, true);
        Variable loss = WeightedSumOperation.Of(tape, [q1, kv1, q2, kv2], [new float[4], new float[8], new float[4], new float[8]]);
        Assert.Contains("(2, 1, 4)", Assert.Throws<InvalidOperationException>(() => tape.Backward(loss)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_does_not_grow_from_step_to_step()
    {
        Tape tape = NewTape();
        Parameter input = New(50, 64), weight = New(300, 64);
        int[] targets = new int[50];
        long reserved = 0;
        for (uint step = 0; step < 50; step++)
        {
            tape.BeginTraining(1, step);
            tape.Backward(tape.CrossEntropy(tape.Dropout(input, 0.1f), weight, null, tape.Allocate(targets)));
            reserved = step == 3 ? tape.BytesReserved : reserved;
        }

        Assert.Equal(reserved, tape.BytesReserved);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_token_outside_the_vocabulary_is_refused_with_both_numbers(int token)
    {
        Tape tape = NewTape();
        tape.BeginTraining(1, 1);
        Parameter table = New(4, 3);
        string embedding = Assert.Throws<ArgumentOutOfRangeException>(() => tape.Embedding(table, tape.Allocate([1, token]), new Shape(2))).Message;
        string loss = Assert.Throws<ArgumentOutOfRangeException>(() => tape.CrossEntropy(New(2, 3), table, null, tape.Allocate([1, token]))).Message;
        Assert.Contains($"token id {token} is outside the vocabulary of 4", embedding, StringComparison.Ordinal);
        Assert.Contains($"target {token} is outside the vocabulary of 4", loss, StringComparison.Ordinal);
    }

    private static Parameter New(params ReadOnlySpan<int> axes) => Parameters.New(axes);

    private Tape NewTape() => new(backends.Get(CpuBackend.Best));
}
