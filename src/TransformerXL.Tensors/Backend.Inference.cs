using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors;

/// <content>
/// Weights and attention memories in the layouts that the backend reads in inference, and the operations on them. All backends of the same
/// class can read an object that one of them created.
/// </content>
public abstract partial class Backend
{
    /// <summary>Stores a weight in the precision of its products.</summary>
    /// <param name="weight">W: (out, in). Its values must not change afterwards.</param>
    /// <param name="precision">The precision of products with it.</param>
    /// <exception cref="ArgumentException">The weight is not a matrix, or its rows are too long for exact sums in <see cref="Precision.Int8"/>.</exception>
    public abstract InferenceWeight CreateWeight(Tensor weight, Precision precision = Precision.Float32);

    /// <summary>Stores a weight in the precision of its products, with a cache of the layouts that suit products of many rows.</summary>
    /// <param name="weight">W: (out, in). Its values must not change afterwards.</param>
    /// <param name="precision">The precision of products with it.</param>
    /// <param name="owns">
    /// Whether nothing else reads the tensor from now on. Its memory is then freed as soon as another layout holds the values, at this call or later, so that one copy is kept and not two.
    /// </param>
    /// <exception cref="ArgumentException">The weight is not a matrix, or its rows are too long for exact sums in <see cref="Precision.Int8"/>.</exception>
    public abstract PreparedWeight PrepareWeight(Tensor weight, Precision precision = Precision.Float32, bool owns = false);

    /// <summary>Creates a memory for keys and values that is filled with zeros.</summary>
    /// <param name="capacity">Rows (tokens).</param>
    /// <param name="streams">B.</param>
    /// <param name="heads">H.</param>
    /// <param name="headSize">d_h.</param>
    /// <param name="precision"><see cref="Precision.Float32"/> stores the values as they are; lower precisions round them to bfloat16.</param>
    public abstract KeyValueMemory CreateKeyValueMemory(int capacity, int streams, int heads, int headSize, Precision precision = Precision.Float32);

    /// <summary>Stores relative rows.</summary>
    /// <param name="rows">r by descending distance: (count, H d_h).</param>
    /// <param name="heads">H.</param>
    /// <param name="precision"><see cref="Precision.Float32"/> stores the values as they are; lower precisions round them to bfloat16.</param>
    /// <param name="after">The number of rows at the end that belong to keys after the query: distances -1 to -after. 0 for causal attention.</param>
    /// <exception cref="ArgumentException">The length of a row is not divisible by the heads, or there are fewer rows than <paramref name="after"/>.</exception>
    public abstract RelativeTable CreateRelativeTable(Tensor rows, int heads, Precision precision = Precision.Float32, int after = 0);

    /// <summary>y = activation(x W'^T + bias), where W' is <paramref name="count"/> rows of W from <paramref name="first"/> on.</summary>
    /// <param name="input">x: (..., in), rounded as W is.</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="first">The first row, a multiple of <see cref="InferenceWeight.RowMultiple"/>.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="bias">(count), or empty.</param>
    /// <param name="output">y: (..., count), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="products">How the product is computed.</param>
    internal abstract void LinearRows(
        Tensor input, InferenceWeight weight, int first, int count, Tensor bias, Tensor output, Activation activation, RowProducts products);

    /// <summary>y = activation(x W^T + bias); the same bits as <see cref="LinearRows"/> with all rows.</summary>
    /// <param name="input">x: (..., in), rounded as W is.</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <param name="products">How the product is computed.</param>
    internal abstract void LinearPrepared(Tensor input, PreparedWeight weight, Tensor bias, Tensor output, Activation activation, RowProducts products);

    /// <summary>Attention over stored keys and values.</summary>
    internal abstract void CachedAttention(in CachedAttentionTensors tensors);

    /// <summary>Attention of one token of each of several texts over the keys and values of that text; memory and keys of the tensors are not set.</summary>
    internal abstract void CachedAttention(in CachedAttentionTensors tensors, ReadOnlySpan<CachedKeys> texts);

    /// <summary>The exception for an object that another class of backend created.</summary>
    private protected ArgumentException Foreign(object form) => new(
        $"a {GetType().Name} cannot read a {form.GetType().Name}; create it with the backend that computes, or with another one of the same class");
}
