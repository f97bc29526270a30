using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Gradients of parameters in the memory of values that the backward pass no longer needs.</summary>
public sealed class LentMemoryTests(Backends backends) : IClassFixture<Backends>
{
    private const int Columns = 32, Layers = 6;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Gradients_have_the_same_bits_whatever_the_steps_before(bool recomputes, bool recycles)
    {
        // Steps that grow, shrink, and come again. Those of 8 to 12 rows have about as many values as weights, so that all memory that is returned is lent.
        int[] steps = [6, 30, 70, 200, 5, 200, 9, 10, 11, 12, 64, 8, 1, 201];
        Assert.All(Run(lends: false).Zip(Run(lends: true)), pair => Assert.True(Bits.Equal(pair.First, pair.Second)));

        List<float[]> Run(bool lends)
        {
            Parameter[] parameters = Parameters();
            Tape tape = new(backends.Get(CpuBackend.Best)) { LendsMemory = lends, Recomputes = recomputes };
            List<float[]> gradients = [];
            for (uint step = 0; step < steps.Length; step++)
            {
                tape.BeginTraining(seed: 3, step);
                tape.Backward(Loss(tape, parameters, steps[step], recycles));
                gradients.AddRange(parameters.Select(parameter => parameter.Gradient.Span.ToArray()));
                Array.ForEach(parameters, parameter => parameter.ClearGradient());
            }

            return gradients;
        }
    }

    [Fact]
    public void All_gradients_but_that_of_the_last_operation_lie_in_memory_of_the_step()
    {
        Parameter[] parameters = Parameters();
        Tape tape = new(backends.Get(CpuBackend.Best)) { LendsMemory = true };
        long all = sizeof(float) * parameters.Sum(parameter => parameter.Shape.Count), reserved = 0;
        for (uint step = 0; step < 4; step++)
        {
            tape.BeginTraining(seed: 3, step);
            tape.Backward(Loss(tape, parameters, 4000, recycles: true));
            Array.ForEach(parameters, parameter => parameter.ClearGradient());
            reserved = step == 1 ? tape.BytesReserved : reserved;
        }

        Assert.Equal(all * Layers / (Layers + 1), tape.BytesLent);
        Assert.Equal(reserved, tape.BytesReserved);
        tape.BeginEvaluation();
        Assert.Equal(0, tape.BytesLent);
        Assert.All(parameters, parameter => Assert.True(parameter.Gradient.IsEmpty || parameter == parameters[^1]));
    }

    [Fact]
    public void A_gradient_that_is_not_cleared_is_added_to_in_the_next_step()
    {
        Parameter[] parameters = Parameters(), plain = Parameters();
        Tape tape = new(backends.Get(CpuBackend.Best)) { LendsMemory = true }, other = new(backends.Get(CpuBackend.Best));
        for (uint step = 0; step < 3; step++)
        {
            foreach ((Tape used, Parameter[] trained) in new[] { (tape, parameters), (other, plain) })
            {
                used.BeginTraining(seed: 3, step);
                used.Backward(Loss(used, trained, 100, recycles: true));
            }
        }

        tape.BeginEvaluation();
        tape.Allocate(new Shape((int)(tape.BytesReserved / sizeof(float)))).Span.Fill(float.NaN);
        Assert.All(parameters.Zip(plain), pair => Assert.True(Bits.Equal(pair.Second.Gradient.Span.ToArray(), pair.First.Gradient.Span.ToArray())));
    }

    [Fact]
    public void Memory_that_an_operation_releases_is_not_lent_while_the_backward_pass_uses_it()
    {
        Parameter[] parameters = Parameters();
        Tape tape = new(backends.Get(CpuBackend.Best)) { LendsMemory = true };
        for (uint step = 0; step < 3; step++)
        {
            List<Tensor> taken = [];
            tape.BeginTraining(seed: 3, step);
            Variable h = tape.GatherRows(parameters[0], tape.Allocate(new int[Columns / 2]));
            for (int layer = 1; layer < parameters.Length; layer++)
            {
                h = tape.Rent<ReleasingOperation>().Forward(tape, tape.Linear(h, parameters[layer]), layer, taken);
            }

            tape.Backward(tape.CrossEntropy(h, parameters[^1], null, tape.Allocate(new int[Columns / 2])));
            Assert.Equal(2 * Layers, taken.Count);
            Assert.All(taken, (tensor, i) => Assert.All(tensor.Span.ToArray(), value => Assert.Equal(i, value)));
            Array.ForEach(parameters, parameter => parameter.ClearGradient());
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(32)]
    [InlineData(64)]
    public void Memory_that_is_released_after_the_backward_pass_is_not_given_out_while_a_gradient_lies_in_it(int rows)
    {
        Shape shape = new(rows, Columns);
        Same(tape =>
        {
            Parameter[] parameters = Parameters();
            Variable h = tape.GatherRows(parameters[0], tape.Allocate(new int[rows]));
            Tensor work = tape.Allocate(shape);
            Variable loss = Rest(tape, parameters, h, from: 1);
            tape.Backward(loss);
            tape.Release(work);
            tape.Allocate(shape).Span.Fill(7);
            return parameters;
        });
    }

    [Fact]
    public void Values_recycled_after_the_backward_pass_are_not_overwritten_gradients() => Same(tape =>
    {
        Parameter[] parameters = Parameters();
        Variable[] inner = [.. Enumerable.Range(0, 3).Select(i => tape.LinearGelu(parameters[i], parameters[i + 1], null))];
        tape.Backward(Rest(tape, parameters, inner[0], from: 1));
        Array.ForEach(inner, tape.Recycle);
        tape.Backward(Rest(tape, parameters, tape.LinearGelu(parameters[0], parameters[2], null), from: 3));
        return parameters;
    });

    [Fact]
    public void A_recycled_value_that_is_read_before_the_backward_pass_is_computed_again_in_it() => Same(tape =>
    {
        Parameter[] parameters = Parameters();
        Variable inner = tape.LinearGelu(parameters[0], parameters[1], null), next = tape.Linear(inner, parameters[2]);
        tape.Recycle(inner);
        Variable loss = tape.CrossEntropy(tape.Linear(next, parameters[1]), parameters[3], null, tape.Allocate(new int[Columns]));
        Assert.True(float.IsFinite(inner.Value.Span[0]));
        tape.Backward(loss);
        return parameters;
    });

    /// <summary>The gradients after a step are the same with and without lending.</summary>
    private void Same(Func<Tape, Parameter[]> step)
    {
        float[][] Gradients(bool lends)
        {
            // The second step has one block of memory.
            Tape tape = new(backends.Get(CpuBackend.Best)) { LendsMemory = lends };
            tape.BeginTraining(seed: 3, step: 0);
            step(tape);
            tape.BeginTraining(seed: 3, step: 1);
            return [.. step(tape).Select(parameter => parameter.HasGradient ? parameter.Gradient.Span.ToArray() : [])];
        }

        Assert.All(Gradients(lends: false).Zip(Gradients(lends: true)), pair => Assert.True(Bits.Equal(pair.First, pair.Second)));
    }

    private static Variable Rest(Tape tape, Parameter[] parameters, Variable h, int from)
    {
        for (int i = from; i < parameters.Length; i++)
        {
            h = tape.Linear(h, parameters[i]);
        }

        return tape.CrossEntropy(h, parameters[^1], null, tape.Allocate(new int[h.Shape[0]]));
    }

    private static Variable Loss(Tape tape, Parameter[] parameters, int rows, bool recycles)
    {
        Variable h = tape.GatherRows(parameters[0], tape.Allocate([.. Enumerable.Range(0, rows).Select(row => row % Columns)]));
        for (int i = 1; i < parameters.Length; i++)
        {
            Parameter weight = parameters[i];
            h = tape.Recompute(h, input =>
            {
                Variable inner = tape.LinearGelu(input, weight, null, 0.1f);
                Variable sum = tape.AddResidual(tape.Linear(inner, weight), input);
                if (recycles)
                {
                    tape.Recycle(inner);
                }

                return sum;
            });
        }

        return tape.CrossEntropy(h, parameters[^1], null, tape.Allocate([.. Enumerable.Range(0, rows).Select(row => row * 7 % Columns)]));
    }

    private static Parameter[] Parameters()
    {
        RandomValues random = new(nameof(LentMemoryTests));
        return [.. Enumerable.Range(0, Layers + 1).Select(i =>
        {
            Parameter parameter = new($"{i}", new Shape(Columns, Columns));
            random.Normal(Columns * Columns).CopyTo(parameter.Value.Span);
            return parameter;
        })];
    }

    /// <summary>y = x, with memory that it releases in the forward and in the backward pass. The backward pass takes memory of these sizes for the rest of the step.</summary>
    private sealed class ReleasingOperation : Operation
    {
        private Variable _input = null!;
        private Tensor _kept;
        private List<Tensor> _taken = [];

        private Shape _brief;

        public Variable Forward(Tape tape, Variable input, int layer, List<Tensor> taken)
        {
            // Each has a size of its own, which no other operation takes over.
            (_input, _kept, _brief, _taken) = (input, tape.Allocate(input.Shape), new Shape(Columns, 10 + layer), taken);
            Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
            input.Value.CopyTo(output.Value);
            tape.Release(tape.Allocate(_brief));
            return tape.Record(this, output);
        }

        public override void Backward(Tape tape)
        {
            tape.Backend.Pass(Output.Gradient, tape.Gradient(_input, out bool add), add);
            tape.Release(_kept);
            foreach (Shape shape in new[] { _kept.Shape, _brief })
            {
                Tensor tensor = tape.Allocate(shape);
                tensor.Span.Fill(_taken.Count);
                _taken.Add(tensor);
            }
        }

        public override void Clear() => (_input, _kept, _taken) = (null!, default, []);
    }
}
