using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// Multi-head attention: score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j} + b_{i-j} + g_i [s_i != s_j]) / sqrt(d_h), softmax over the
/// visible keys, sum of the values. q (L, B, H d_h), kv (K, B, 2 H d_h), r (R, H d_h) and b (R, H) with row p for the distance
/// K - 1 - p between the place of the query, K - L + i, and the key; R = K in causal attention, and K + L - 1 where queries see
/// keys after their own place (<see cref="Visibility.RelativeRows"/>). u and v (H, d_h). g (L, B, H), of each query and head what keys of another text than its own
/// have more than others; s are the texts (<see cref="KeySegments"/>). Gives (L, B, H d_h). Each of r, u, v, b, g
/// may be missing, and its terms with it. A <see cref="Visibility"/> defines which keys are visible and which rows of a stream
/// exist; the output of a query that sees no key or does not exist is zero, as are the gradients of rows that do not exist.
/// </summary>
public sealed class AttentionOperation : Operation
{
    private Variable _queries = null!, _keysValues = null!;
    private Variable? _relative, _contentBias, _positionBias, _distanceBias, _segmentScores;
    private KeySegments? _segments;
    private Tensor _logSumExp;
    private Visibility _visibility;
    private int _heads;
    private DropoutMask _mask;

    internal Variable Forward(
        Tape tape, Variable queries, Variable keysValues, int heads, Variable? relative, Variable? contentBias, Variable? positionBias, Variable? distanceBias, in Visibility visibility, float dropout,
        Variable? segmentScores = null, KeySegments? segments = null)
    {
        Shape q = queries.Shape;
        Check.Equal("attention", "the length of a row of keys and values", keysValues.Shape.Columns, 2L * q.Columns);
        Check.Equal("attention", "the streams of the keys", keysValues.Shape[1], q[1]);
        VisibilityCheck.Sizes(visibility, q[1], q[0], keysValues.Shape[0]);
        VisibilityCheck.Positions(visibility, relative is not null);
        Check.Equal("attention", "the size of a query modulo the number of heads", q.Columns % heads, 0);
        int rows = visibility.RelativeRows(q[0], keysValues.Shape[0]);
        CheckShape("the shape of the relative rows", relative, new Shape(rows, q.Columns));
        CheckShape("the shape of u", contentBias, new Shape(heads, q.Columns / heads));
        CheckShape("the shape of v", positionBias, new Shape(heads, q.Columns / heads));
        CheckShape("the shape of the biases for each distance", distanceBias, new Shape(rows, heads));
        CheckSegments(segmentScores, segments, keysValues.Shape[0], new Shape(q[0], q[1], heads));
        (_segmentScores, _segments) = (segmentScores, segments);
        (_queries, _keysValues, _relative, _heads) = (queries, keysValues, relative, heads);
        (_contentBias, _positionBias, _distanceBias, _visibility, _mask) = (contentBias, positionBias, distanceBias, visibility, tape.NextMask(dropout));
        _logSumExp = tape.Allocate(new Shape(q[1], heads, q[0]));
        Variable output = tape.NewVariable(q, requiresGradient: true);
        tape.Backend.AttentionForward(Tensors(tape, output.Value));
        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        AttentionTensorGradients gradients = new()
        {
            Output = Output.Gradient,
            KeysValues = tape.GradientToSet(_keysValues),
            Queries = tape.GradientToSet(_queries),
            Relative = _relative is { RequiresGradient: true } ? tape.GradientToSet(_relative) : default,
            ContentBias = _contentBias is null ? default : tape.GradientToAdd(_contentBias),
            PositionBias = _positionBias is null ? default : tape.GradientToAdd(_positionBias),
            DistanceBias = _distanceBias is null ? default : tape.GradientToSet(_distanceBias),
            SegmentScores = _segmentScores is null ? default : tape.GradientToSet(_segmentScores),
        };
        tape.Backend.AttentionBackward(Tensors(tape, Output.Value), gradients);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        (_queries, _keysValues, _relative) = (null!, null!, null);
        (_contentBias, _positionBias, _distanceBias) = (null, null, null);
        (_segmentScores, _segments) = (null, null);
        (_logSumExp, _visibility) = (default, default);
    }

    private static void CheckShape(string what, Variable? variable, Shape wanted)
    {
        if (variable is not null)
        {
            Check.Shape("attention", what, variable.Shape, wanted);
        }
    }

    private static void CheckSegments(Variable? scores, KeySegments? segments, int keys, Shape wanted)
    {
        if (segments is not null && scores is not null)
        {
            CheckShape("the shape of the segment scores", scores, wanted);
            Check.Equal("attention", "the number of keys with a text", segments.Keys, keys);
            Check.Equal("attention", "the number of streams of the texts", segments.Streams, wanted[1]);
        }
    }

    private AttentionTensors Tensors(Tape tape, Tensor output) => new()
    {
        Queries = _queries.Value,
        KeysValues = _keysValues.Value,
        Heads = _heads,
        Precision = tape.Precision,
        Visibility = _visibility,
        Relative = _relative?.Value ?? default,
        ContentBias = _contentBias?.Value ?? default,
        PositionBias = _positionBias?.Value ?? default,
        DistanceBias = _distanceBias?.Value ?? default,
        SegmentScores = _segmentScores?.Value ?? default,
        Segments = _segments,
        LogSumExp = _logSumExp,
        Dropout = _mask,
        Output = output,
    };
}
