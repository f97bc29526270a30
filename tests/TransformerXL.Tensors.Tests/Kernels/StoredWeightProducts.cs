using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>Products with weights that are kept as bfloat16.</summary>
internal static class StoredWeightProducts
{
    /// <summary>A product, a sum with one and a layer have the bits that they have with the same values in float32.</summary>
    public static void Check(CpuBackend backend, int rows, int columns, int depth, bool transposed, Precision precision)
    {
        RandomValues random = new($"stored {rows} {columns} {depth}");
        Shape shape = transposed ? new Shape(columns, depth) : new Shape(depth, columns);
        Parameter weight = new("weight", shape), kept = new("kept", shape);
        random.Normal((int)shape.Count).CopyTo(kept.Value.Span);
        kept.KeepAsBfloat16();
        kept.Value.CopyTo(weight.Value);
        Tensor x = Tensor.From(new Shape(rows, depth), random.Normal(rows * depth)), bias = Tensor.From(new Shape(columns), random.Normal(columns));
        float[] before = random.Normal(rows * columns);
        Tensor[] expected = Results(weight), actual = Results(kept);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Bits.Equal(expected[i].Span, actual[i].Span), $"{backend.Isa}, {precision}, {rows} x {columns} x {depth}, {(transposed ? "transposed" : "not transposed")}: result {i}");
        }

        Tensor[] Results(Parameter parameter)
        {
            Matrix right = transposed ? Matrix.Of(parameter.Stored).Transposed : Matrix.Of(parameter.Stored);
            Tensor product = Tensor.Allocate(new Shape(rows, columns)), sum = Tensor.From(new Shape(rows, columns), before), layer = Tensor.Allocate(new Shape(rows, columns));
            backend.Multiply(Matrix.Of(x), right, product, precision);
            backend.Multiply(Matrix.Of(x), right, sum, precision, add: true);
            backend.Linear(Matrix.Of(x), right, layer, precision, bias, Activation.Relu);
            return [product, sum, layer];
        }
    }
}
