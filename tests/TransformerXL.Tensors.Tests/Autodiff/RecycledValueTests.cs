using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>Activations and normalised values whose memory is given back in the forward pass and that are computed again in the backward pass.</summary>
public sealed class RecycledValueTests(Backends backends) : IClassFixture<Backends>
{
    private const int Rows = 37, Columns = 24, Layers = 4;

    public static TheoryData<string, float> Values => new()
    {
        { "gelu", 0 },
        { "gelu", 0.2f },
        { "swiglu", 0 },
        { "swiglu", 0.2f },
        { "geglu", 0.2f },
        { "norm", 0 },
        { "norm", 0.2f },
        { "norm of norm", 0 },
        { "norm with residual", 0.2f },
        { "overwriting norm", 0.2f },
        { "relu", 0.2f },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Gradients_have_the_same_bits(string value, float dropout)
    {
        (float[][] kept, long bytesKept) = Run(value, dropout, recycles: false);
        (float[][] recycled, long bytes) = Run(value, dropout, recycles: true);
        Assert.All(kept.Zip(recycled), pair => Assert.True(Bits.Equal(pair.First, pair.Second)));
        if (value == "relu")
        {
            Assert.Equal(bytesKept, bytes);
        }
        else
        {
            Assert.True(bytes <= bytesKept - ((Layers - 2) * Rows * Columns * sizeof(float)), $"{bytes} bytes, {bytesKept} without");
        }
    }

    [Fact]
    public void A_recycled_value_can_still_be_read()
    {
        Tape tape = new(backends.Get(CpuBackend.Best));
        Parameter[] parameters = Parameters();
        tape.BeginTraining(seed: 3, step: 1);
        Variable y = tape.LinearGelu(parameters[0], parameters[1], parameters[3], 0.1f);
        float[] before = y.Value.Span.ToArray();
        tape.Recycle(y);
        tape.Allocate(y.Shape).Span.Fill(float.NaN);
        Assert.True(Bits.Equal(before, y.Value.Span.ToArray()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recycled_value_is_computed_again_within_a_part_that_is_computed_again(bool recycles)
    {
        float[] Gradient(bool recomputes, bool recycles)
        {
            Parameter[] parameters = Parameters();
            Tape tape = new(backends.Get(CpuBackend.Best)) { Recomputes = recomputes };
            tape.BeginTraining(seed: 3, step: 1);
            Variable y = tape.LinearGelu(parameters[0], parameters[1], parameters[3]);
            Variable z = tape.Recompute(y, input => tape.LayerNorm(tape.Linear(input, parameters[1]), input, parameters[4], parameters[3]));
            if (recycles)
            {
                tape.Recycle(y);
                tape.Allocate(y.Shape).Span.Fill(float.NaN);
            }

            tape.Backward(tape.CrossEntropy(z, parameters[1], parameters[3], tape.Allocate(new int[Rows])));
            return parameters[1].Gradient.Span.ToArray();
        }

        Assert.True(Bits.Equal(Gradient(recomputes: false, recycles: false), Gradient(recomputes: true, recycles)));
    }

    /// <summary>Linear maps with a recycled value between them; the gradients of all parameters, and the bytes in use after the forward pass.</summary>
    private (float[][] Gradients, long Bytes) Run(string value, float dropout, bool recycles)
    {
        Parameter[] parameters = Parameters();
        (Parameter weight, Parameter wide, Parameter bias, Parameter gain) = (parameters[1], parameters[2], parameters[3], parameters[4]);
        Tape tape = new(backends.Get(CpuBackend.Best));
        tape.BeginTraining(seed: 3, step: 1);
        Variable h = parameters[0];
        for (int layer = 0; layer < Layers; layer++)
        {
            Variable x = tape.Linear(h, weight), inner = value switch
            {
                "gelu" => tape.LinearGelu(h, weight, bias, dropout),
                "relu" => tape.LinearRelu(h, weight, bias, dropout),
                "swiglu" => tape.SwiGlu(tape.Linear(h, wide), dropout),
                "geglu" => tape.GeGlu(tape.Linear(h, wide), dropout),
                "norm with residual" => tape.LayerNorm(x, h, gain, bias, dropout),
                "overwriting norm" => tape.LayerNorm(x, h, gain, bias, dropout, overwrite: true),
                "norm of norm" => tape.LayerNorm(Recycled(tape.LayerNorm(x, null, gain, bias)), null, gain, bias),
                _ => tape.LayerNorm(x, null, gain, bias, dropout),
            };
            h = tape.AddResidual(tape.Linear(inner, weight), h);
            Recycled(inner);
        }

        long bytes = tape.BytesInUse;
        tape.Backward(tape.CrossEntropy(h, weight, bias, tape.Allocate([.. Enumerable.Range(0, Rows).Select(row => row % Columns)])));
        return ([.. parameters.Where(p => p.HasGradient).Select(p => p.Gradient.Span.ToArray())], bytes);

        Variable Recycled(Variable variable)
        {
            if (recycles)
            {
                tape.Recycle(variable);
            }

            return variable;
        }
    }

    private static Parameter[] Parameters()
    {
        RandomValues random = new(nameof(RecycledValueTests));
        return [.. new[] { new Shape(Rows, Columns), new Shape(Columns, Columns), new Shape(2 * Columns, Columns), new Shape(Columns), new Shape(Columns) }.Select((shape, i) =>
        {
            Parameter parameter = new($"{i}", shape);
            random.Normal((int)shape.Count).CopyTo(parameter.Value.Span);
            return parameter;
        })];
    }
}
