using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors;

/// <content>Products, and functions of elements, rows and columns.</content>
public abstract partial class Backend
{
    /// <summary>result = or += left right.</summary>
    internal abstract void Multiply(Matrix left, Matrix right, Tensor result, Precision precision, bool add = false);

    /// <summary>result = dropout(activation(left right + bias)).</summary>
    /// <param name="left">(rows, depth).</param>
    /// <param name="right">(depth, columns).</param>
    /// <param name="result">(rows, columns), overwritten.</param>
    /// <param name="precision">The precision of the operands.</param>
    /// <param name="bias">(columns), or empty.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="beforeGelu">Receives the values before GELU in the layout of the result; empty if not needed.</param>
    /// <param name="dropout">The dropout; inactive for none.</param>
    internal abstract void Linear(
        Matrix left, Matrix right, Tensor result, Precision precision, Tensor bias, Activation activation = Activation.None, Tensor beforeGelu = default, DropoutMask dropout = default);

    /// <summary>Floats that a right operand takes when packed.</summary>
    internal abstract int PackedSize(Matrix right, Precision precision);

    /// <summary>Packs a right operand that several products share.</summary>
    /// <param name="right">(depth, columns).</param>
    /// <param name="precision">The precision of the products.</param>
    /// <param name="packed">Receives the packed operand: <see cref="PackedSize"/> floats.</param>
    internal abstract void Pack(Matrix right, Precision precision, Tensor packed);

    /// <summary>result = left right, the right operand (depth, columns) being packed for the precision.</summary>
    internal abstract void MultiplyPacked(Matrix left, Tensor packed, Tensor result, Precision precision);

    /// <summary>destination = or += dropout(source).</summary>
    internal abstract void Dropout(DropoutMask mask, Tensor source, Tensor destination, bool add);

    /// <summary>destination = or += source, by the whole team: a value or a gradient that passes unchanged.</summary>
    internal void Pass(Tensor source, Tensor destination, bool add) => Dropout(default, source, destination, add);

    /// <summary>y = y * scale where the gate is above zero, else 0.</summary>
    internal abstract void Gate(Tensor y, Tensor gate, float scale);

    /// <summary>y = dropout(GELU(x)).</summary>
    internal abstract void Gelu(Tensor x, DropoutMask mask, Tensor y);

    /// <summary>y = dropout(y) * GELU'(x).</summary>
    internal abstract void GeluBackward(Tensor y, Tensor x, DropoutMask mask);

    /// <summary>y_tb = x_tb + row_t: x and y (T, B, D), rows (T, D).</summary>
    internal abstract void AddRows(Tensor x, Tensor rows, Tensor y);

    /// <summary>row_t += the sum of x_tb over b: x (T, B, D), rows (T, D).</summary>
    internal abstract void SumStreams(Tensor x, Tensor rows);

    /// <summary>y += the sum of the rows of x: x (rows, D), y (D).</summary>
    internal abstract void AddColumnSums(Tensor x, Tensor y);

    /// <summary>The sum of the squares of all elements.</summary>
    internal abstract double SumOfSquares(Tensor x);

    /// <summary>The sum of the squares of x / (scale + epsilon), both of the same size.</summary>
    internal abstract double SumOfSquares(Tensor x, Tensor scale, float epsilon);

    /// <summary>y = or += f(a, b), all of the same size.</summary>
    internal abstract void Elementwise(ElementwiseFunction function, Tensor a, Tensor b, Tensor y, bool add = false);

    /// <summary>y = f(u) v: u beside v in the rows of x (rows, 2 D), y (rows, D).</summary>
    internal abstract void Gated(GatingFunction function, Tensor x, Tensor y);

    /// <summary>The backward pass of y = f(u) v: sets or adds to the gradient of x.</summary>
    internal abstract void GatedBackward(GatingFunction function, Tensor x, Tensor outputGradient, Tensor gradient, bool add);

    /// <summary>y = softmax(x) of each row.</summary>
    internal abstract void Softmax(Tensor x, Tensor y);

    /// <summary>The backward pass of y = softmax(x): sets or adds to the gradient of x.</summary>
    internal abstract void SoftmaxBackward(Tensor y, Tensor outputGradient, Tensor gradient, bool add);

    /// <summary>y_b = the mean of x_tb over the first rows of each stream: x (T, B, D), y (B, D), a length for each stream or empty.</summary>
    internal abstract void MeanRows(Tensor x, IndexTensor lengths, Tensor y);

    /// <summary>The backward pass of <see cref="MeanRows"/>.</summary>
    internal abstract void MeanRowsBackward(Tensor outputGradient, IndexTensor lengths, Tensor gradient, bool add);
}
