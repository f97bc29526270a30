using System.Numerics.Tensors;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Inference;
using Tensor = TransformerXL.Tensors.Memory.Tensor;
using Shape = TransformerXL.Tensors.Memory.Shape;

namespace TransformerXL.Models;

/// <summary>
/// Computes the attention of one token in every layer and head, plainly by its definition: the kernels do not keep it.
/// <code>
/// a_j = softmax_j(((q_i + u) . k_j + (q_i + v) . r_(i-j)) / sqrt(d_h))
/// </code>
/// </summary>
internal sealed class AttentionObserver(int layers, int heads)
{
    /// <summary>For each layer and head the weights of the keys, oldest first.</summary>
    public float[][] Weights { get; } = new float[layers * heads][];

    /// <summary>Takes one layer.</summary>
    /// <param name="backend">Computes relative rows.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="attention">Its weights.</param>
    /// <param name="queries">Rows that begin with q; the last one counts.</param>
    /// <param name="memory">Keys beside values.</param>
    /// <param name="firstKey">The row of the first key.</param>
    /// <param name="keys">The number of keys; the last one is that of the token itself.</param>
    /// <param name="clampLength">Distances beyond this look like this one; 0 for no limit.</param>
    public void Take(Backend backend, int layer, RelativeAttention attention, Tensor queries, KeyValueMemory memory, int firstKey, int keys, int clampLength)
    {
        int size = memory.HeadSize, width = heads * size, columns = queries.Shape.Columns;
        Tensor rows = Tensor.Allocate(new Shape(keys, 1, 2 * width)), relative = Tensor.Allocate(new Shape(keys, width));
        memory.Read(firstKey, rows);
        backend.Linear(new Sinusoids(attention.Relative.Value.Shape.Columns).Descending(keys, clampLength), attention.Relative.Value, default, relative);
        ReadOnlySpan<float> query = queries.Span[^columns..][..width];
        float[] content = new float[size], position = new float[size];
        for (int head = 0; head < heads; head++)
        {
            int begin = head * size;
            TensorPrimitives.Add(query.Slice(begin, size), attention.U.Value.Span.Slice(begin, size), content);
            TensorPrimitives.Add(query.Slice(begin, size), attention.V.Value.Span.Slice(begin, size), position);
            float[] weights = new float[keys];
            for (int key = 0; key < keys; key++)
            {
                weights[key] = (TensorPrimitives.Dot<float>(content, rows.Span.Slice((key * 2 * width) + begin, size))
                    + TensorPrimitives.Dot<float>(position, relative.Span.Slice((key * width) + begin, size))) / MathF.Sqrt(size);
            }

            TensorPrimitives.SoftMax<float>(weights, weights);
            Weights[(layer * heads) + head] = weights;
        }

        GC.KeepAlive(rows);
        GC.KeepAlive(relative);
    }
}
