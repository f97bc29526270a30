using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

public sealed class LayerNormOverwriteTests(Backends backends) : IClassFixture<Backends>
{
    private const int Rows = 7, Columns = 19;

    [Theory]
    [InlineData(0, true)]
    [InlineData(0.2f, true)]
    [InlineData(0.2f, false)]
    public void A_sum_in_the_place_of_its_input_changes_no_bit_and_spares_its_memory(float dropout, bool residual)
    {
        (float[][] apart, long bytesApart) = Run(dropout, residual, overwrite: false);
        (float[][] within, long bytesWithin) = Run(dropout, residual, overwrite: true);
        Assert.All(apart.Zip(within), pair => Assert.True(Bits.Equal(pair.First, pair.Second)));
        Assert.True(bytesWithin < bytesApart, $"{bytesWithin} bytes, {bytesApart} without");
    }

    private (float[][] Results, long Bytes) Run(float dropout, bool residual, bool overwrite)
    {
        RandomValues random = new(nameof(LayerNormOverwriteTests));
        Parameter[] parameters = [.. new[] { new Shape(Rows, Columns), new Shape(Columns, Columns), new Shape(Rows, Columns), new Shape(Columns), new Shape(Columns) }
            .Select((shape, i) =>
            {
                Parameter parameter = new($"{i}", shape);
                random.Normal((int)shape.Count).CopyTo(parameter.Value.Span);
                return parameter;
            })];
        Tape tape = new(backends.Get(CpuBackend.Best));
        tape.BeginTraining(seed: 3, step: 1);
        Variable y = tape.LayerNorm(
            tape.Linear(parameters[0], parameters[1]), residual ? parameters[2] : null, parameters[3], parameters[4], dropout, overwrite);
        long bytes = tape.BytesInUse;
        Variable loss = tape.CrossEntropy(y, parameters[1], parameters[3], tape.Allocate([.. Enumerable.Range(0, Rows)]));
        tape.Backward(loss);
        return ([y.Value.Span.ToArray(), .. parameters.Where(p => p.HasGradient).Select(p => p.Gradient.Span.ToArray())], bytes);
    }
}
