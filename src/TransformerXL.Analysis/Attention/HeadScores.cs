using System.Numerics.Tensors;
using TransformerXL.Models.Families;
using TransformerXL.Models;
using Tensor = TransformerXL.Tensors.Memory.Tensor;

namespace TransformerXL.Analysis.Attention;

/// <summary>
/// The scores of one head, term by term and query by query, computed directly from their definition:
/// <code>
/// A_ij = q_i . k_j  +  q_i . r_(i-j)  +  u . k_j  +  v . r_(i-j)     all divided by sqrt(d_h)
///          (a)            (b)              (c)          (d)
/// </code>
/// Distances count backward from 0, the token itself. For one stream of text.
/// </summary>
internal sealed class HeadScores(int mostKeys)
{
    private readonly float[][] _terms = [.. Enum.GetValues<AttentionTerm>().Select(_ => new float[mostKeys])];
    private readonly float[] _whole = new float[mostKeys], _globalContent = new float[mostKeys], _globalPosition = new float[mostKeys];
    private AttentionTrace _trace = null!;
    private int _head, _size, _width, _keys, _visible;
    private float _scale;

    /// <summary>The sum of all terms for each visible distance: the input of the softmax.</summary>
    public ReadOnlySpan<float> Whole => _whole.AsSpan(0, _visible);

    /// <summary>The terms of the scores of a family.</summary>
    public static AttentionTerm[] TermsOf(ModelFamily family) =>
        family.HasRelativePositions ? Enum.GetValues<AttentionTerm>() : [AttentionTerm.Content];

    /// <summary>One term for each visible distance.</summary>
    public ReadOnlySpan<float> Of(int term) => _terms[term].AsSpan(0, _visible);

    /// <summary>Selects a head: computes the values that do not depend on the query.</summary>
    public void Begin(AttentionTrace trace, int head, int heads)
    {
        _trace = trace;
        _head = head;
        _width = trace.Queries.Shape.Columns;
        _size = _width / heads;
        _keys = trace.KeysValues.Shape[0];
        _scale = 1 / MathF.Sqrt(_size);
        if (trace.Relative.IsEmpty)
        {
            return;
        }

        for (int i = 0; i < _keys; i++)
        {
            _globalContent[i] = _scale * TensorPrimitives.Dot(Head(trace.ContentBias), Key(i));
            _globalPosition[i] = trace.DistanceBias.IsEmpty
                ? _scale * TensorPrimitives.Dot(Head(trace.PositionBias), Relative(i))
                : _scale * trace.DistanceBias.Span[((_keys - 1 - i) * heads) + head];
        }
    }

    /// <summary>Computes the scores of one query.</summary>
    /// <param name="query">Its row in the segment.</param>
    /// <param name="maxDistance">The farthest distance at which a key is seen.</param>
    public void Query(int query, int maxDistance)
    {
        int own = _keys - _trace.Queries.Shape[0] + query;
        _visible = (int)Math.Min(own + 1L, maxDistance + 1L);
        ReadOnlySpan<float> q = _trace.Queries.Span.Slice((query * _width) + (_head * _size), _size);
        bool relative = !_trace.Relative.IsEmpty;
        for (int distance = 0; distance < _visible; distance++)
        {
            float a = _scale * TensorPrimitives.Dot(q, Key(own - distance));
            _terms[(int)AttentionTerm.Content][distance] = _whole[distance] = a;
            if (relative)
            {
                float b = _scale * TensorPrimitives.Dot(q, Relative(distance)), c = _globalContent[own - distance], d = _globalPosition[distance];
                _terms[(int)AttentionTerm.ContentPosition][distance] = b;
                _terms[(int)AttentionTerm.GlobalContent][distance] = c;
                _terms[(int)AttentionTerm.GlobalPosition][distance] = d;
                _whole[distance] = a + b + c + d;
            }
        }
    }

    private ReadOnlySpan<float> Key(int key) => _trace.KeysValues.Span.Slice((key * 2 * _width) + (_head * _size), _size);

    /// <summary>r of a distance.</summary>
    private ReadOnlySpan<float> Relative(int distance) => _trace.Relative.Span.Slice(((_keys - 1 - distance) * _width) + (_head * _size), _size);

    private ReadOnlySpan<float> Head(Tensor biases) => biases.Span.Slice(_head * _size, _size);
}
