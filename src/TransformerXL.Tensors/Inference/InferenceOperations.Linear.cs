using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <content>Products with weights.</content>
public static partial class InferenceOperations
{
    /// <summary>y = activation(x W^T + bias) in float32.</summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static void Linear(this Backend backend, Tensor input, Tensor weight, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(backend);
        backend.Linear(input, backend.CreateWeight(weight), bias, output, activation);
    }

    /// <summary>y = activation(x W^T + bias) in the precision of the weight, x rounded as W is.</summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="rowsAlone">Whether each row must get the bits that it gets alone, however many rows there are. Products of many rows are slower then; in 8 bits they always keep them.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or another class of backend created the weight.</exception>
    public static void Linear(
        this Backend backend, Tensor input, InferenceWeight weight, Tensor bias, Tensor output, Activation activation = Activation.None, bool rowsAlone = false)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(weight);
        CheckLinear(input, weight.Depth, weight.Outputs, bias, output);
        backend.LinearRows(input, weight, 0, weight.Outputs, bias, output, activation, rowsAlone ? RowProducts.Alone : RowProducts.ByCount);
    }

    /// <summary>y = activation(x W^T + bias) in the precision of the weight, x rounded as W is.</summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="rowsAlone">Whether each row must get the bits that it gets alone, however many rows there are. Products of many rows are slower then; in 8 bits they always keep them.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or another class of backend created the weight.</exception>
    public static void Linear(
        this Backend backend, Tensor input, PreparedWeight weight, Tensor bias, Tensor output, Activation activation = Activation.None, bool rowsAlone = false)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(weight);
        backend.Linear(input, weight, bias, output, activation, rowsAlone ? RowProducts.Alone : RowProducts.ByCount);
    }

    /// <summary>The same, computed in a given way.</summary>
    internal static void Linear(this Backend backend, Tensor input, PreparedWeight weight, Tensor bias, Tensor output, Activation activation, RowProducts products)
    {
        CheckLinear(input, weight.Depth, weight.Outputs, bias, output);
        backend.LinearPrepared(input, weight, bias, output, activation, products);
    }

    /// <summary>Whether a product of a number of rows is computed by blocks.</summary>
    internal static bool TakesBlocks(this RowProducts products, int rows) => products == RowProducts.InBlocks || (products == RowProducts.ByCount && rows > FewRows);

    internal static void CheckLinear(Tensor input, int inner, int outer, Tensor bias, Tensor output)
    {
        Equal("linear", "the length of an input row", input.Shape.Columns, inner);
        Equal("linear", "the number of outputs", output.Count, (long)input.Shape.Rows * outer);
        Equal("linear", "the length of the bias", bias.IsEmpty ? outer : bias.Count, outer);
    }
}
