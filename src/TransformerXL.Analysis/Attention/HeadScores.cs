using System.Numerics.Tensors;
using TransformerXL.Models;
using Tensor = TransformerXL.Tensors.Memory.Tensor;

namespace TransformerXL.Analysis.Attention;

/// <summary>
/// The scores of one head, term by term and query by query, computed directly from their definition:
/// <code>
/// A_ij = q_i . k_j  +  q_i . r_(i-j)  +  u . k_j  +  v . r_(i-j)  +  g_i [s_i != s_j]     all divided by sqrt(d_h)
///          (a)            (b)              (c)          (d)              (e)
/// </code>
/// Distances count backward from the token itself, which is at 0; those of tokens after it are negative. For one stream of text.
/// </summary>
internal sealed class HeadScores(int maxKeys)
{
    private readonly float[][] _terms = [.. Enum.GetValues<AttentionTerm>().Select(_ => new float[maxKeys])];
    private readonly float[] _whole = new float[maxKeys], _globalContent = new float[maxKeys], _globalPosition = new float[2 * maxKeys];
    private AttentionTrace _trace = null!;
    private int _head, _heads, _size, _width, _keys, _visible, _after;
    private float _scale;

    /// <summary>The sum of all terms for each visible distance, rising: the input of the softmax.</summary>
    public ReadOnlySpan<float> Whole => _whole.AsSpan(0, _visible);

    /// <summary>The terms of the scores of a family.</summary>
    public static AttentionTerm[] TermsOf(ModelConfiguration model) =>
        model is EncoderConfiguration { RelativeSegments: true } ? Enum.GetValues<AttentionTerm>()
        : model.Family.HasRelativePositions || model is EncoderConfiguration { Positions: EncoderPositions.Relative } ? [.. Enum.GetValues<AttentionTerm>().Where(term => term != AttentionTerm.Segment)]
        : [AttentionTerm.Content];

    /// <summary>One term for each visible distance.</summary>
    public ReadOnlySpan<float> Of(int term) => _terms[term].AsSpan(0, _visible);

    /// <summary>Selects a head: computes the values that do not depend on the query.</summary>
    public void Begin(AttentionTrace trace, int head, int heads)
    {
        _trace = trace;
        (_head, _heads) = (head, heads);
        _width = trace.Queries.Shape.Columns;
        _size = _width / heads;
        _keys = trace.KeysValues.Shape[0];
        _scale = 1 / MathF.Sqrt(_size);
        if (trace.Relative.IsEmpty)
        {
            return;
        }

        _after = trace.Relative.Shape[0] - _keys;
        for (int i = 0; i < _keys; i++)
        {
            _globalContent[i] = _scale * TensorPrimitives.Dot(Head(trace.ContentBias), Key(i));
        }

        for (int distance = -_after; distance < _keys; distance++)
        {
            _globalPosition[_after + distance] = trace.DistanceBias.IsEmpty
                ? _scale * TensorPrimitives.Dot(Head(trace.PositionBias), Relative(distance))
                : _scale * trace.DistanceBias.Span[((_keys - 1 - distance) * heads) + head];
        }
    }

    /// <summary>Computes the scores of one query.</summary>
    /// <param name="query">Its row in the segment.</param>
    /// <param name="maxDistance">The farthest distance at which a key is seen.</param>
    /// <param name="following">Keys after the query that it sees.</param>
    public void Query(int query, int maxDistance, int following)
    {
        int own = _keys - _trace.Queries.Shape[0] + query;
        _visible = (int)Math.Min(own + 1L, maxDistance + 1L) + following;
        ReadOnlySpan<float> q = _trace.Queries.Span.Slice((query * _width) + (_head * _size), _size);
        bool relative = !_trace.Relative.IsEmpty;
        float segment = _trace.Segments is null ? 0 : _scale * _trace.SegmentScores.Span[(query * _heads) + _head];
        for (int i = 0; i < _visible; i++)
        {
            int distance = i - following;
            float a = _scale * TensorPrimitives.Dot(q, Key(own - distance));
            _terms[(int)AttentionTerm.Content][i] = _whole[i] = a;
            if (relative)
            {
                float b = _scale * TensorPrimitives.Dot(q, Relative(distance)), c = _globalContent[own - distance], d = _globalPosition[_after + distance];
                _terms[(int)AttentionTerm.ContentPosition][i] = b;
                _terms[(int)AttentionTerm.GlobalContent][i] = c;
                _terms[(int)AttentionTerm.GlobalPosition][i] = d;
                float e = _trace.Segments is { } segments && segments.TextOf(0, own) != segments.TextOf(0, own - distance) ? segment : 0;
                _terms[(int)AttentionTerm.Segment][i] = e;
                _whole[i] = a + b + c + d + e;
            }
        }
    }

    private ReadOnlySpan<float> Key(int key) => _trace.KeysValues.Span.Slice((key * 2 * _width) + (_head * _size), _size);

    /// <summary>r of a distance.</summary>
    private ReadOnlySpan<float> Relative(int distance) => _trace.Relative.Span.Slice(((_keys - 1 - distance) * _width) + (_head * _size), _size);

    private ReadOnlySpan<float> Head(Tensor biases) => biases.Span.Slice(_head * _size, _size);
}
