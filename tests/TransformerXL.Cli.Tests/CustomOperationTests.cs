using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Cli.Tests;

/// <summary>
/// An operation that a user of the library adds, as the documentation of <see cref="Operation"/> shows. It stands in this
/// project because this one does not see the internals of TransformerXL.Tensors: the compiler checks that the public API is enough.
/// </summary>
public sealed class CustomOperationTests
{
    [Fact]
    public void An_operation_of_a_user_is_differentiated_and_used_again_in_the_next_step()
    {
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend);
        Parameter x = new("x", new Shape(3));
        ((ReadOnlySpan<float>)[1, -2, 0.5f]).CopyTo(x.Value.Span);
        SquareOperation? first = null;
        for (uint step = 0; step < 2; step++)
        {
            x.ClearGradient();
            tape.BeginTraining(seed: 1, step);
            SquareOperation operation = tape.Rent<SquareOperation>();
            Assert.Same(first ?? operation, operation);
            first = operation;
            Variable square = operation.Forward(tape, x);
            Assert.Equal([1, 4, 0.25f], square.Value.Span.ToArray());

            // (x^2 + x) summed by a product with ones: x is read twice, so that both gradients add up.
            Variable ones = tape.Constant(Tensor.From(new Shape(3, 1), [1, 1, 1]));
            Variable loss = tape.MatrixProduct(tape.Add(square, x), ones);
            Assert.Equal(4.75f, loss.Value.Span[0]);
            tape.Backward(loss);
            Assert.Equal([3, -3, 2], x.Gradient.Span.ToArray());
        }
    }

    /// <summary>y = x^2, element by element.</summary>
    private sealed class SquareOperation : Operation
    {
        private Variable _input = null!;

        public Variable Forward(Tape tape, Variable input)
        {
            _input = input;
            Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
            ReadOnlySpan<float> x = input.Value.Span;
            Span<float> y = output.Value.Span;
            for (int i = 0; i < x.Length; i++)
            {
                y[i] = x[i] * x[i];
            }

            return tape.Record(this, output);
        }

        public override void Backward(Tape tape)
        {
            ReadOnlySpan<float> x = _input.Value.Span, dy = Output.Gradient.Span;
            Span<float> dx = tape.GradientToAdd(_input).Span;
            for (int i = 0; i < x.Length; i++)
            {
                dx[i] += 2 * x[i] * dy[i];
            }
        }

        public override void Clear() => _input = null!;
    }
}
