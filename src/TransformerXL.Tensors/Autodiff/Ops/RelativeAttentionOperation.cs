using TransformerXL.Tensors.Kernels.RelativeAttention;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// Multi-head attention with relative positions: score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j}) / sqrt(d_h),
/// softmax over the visible keys, sum of the values. q (L, B, H d_h), kv (M + L, B, 2 H d_h), r (M + L, H d_h) with
/// row p for the distance M + L - 1 - p, u and v (H, d_h). Gives (L, B, H d_h).
/// </summary>
public sealed class RelativeAttentionOperation : Operation
{
    private Variable _queries = null!, _keysValues = null!, _relative = null!, _contentBias = null!, _positionBias = null!;
    private Tensor _logSumExp;
    private int _maxDistance;
    private DropoutMask _mask;

    internal unsafe Variable Forward(
        Tape tape, Variable queries, Variable keysValues, Variable relative, Variable contentBias, Variable positionBias, int maxDistance, float dropout)
    {
        Shape q = queries.Shape;
        Check.Equal("relative attention", "the length of a row of keys and values", keysValues.Shape.Columns, 2L * q.Columns);
        Check.Equal("relative attention", "the streams of the keys", keysValues.Shape[1], q[1]);
        Check.AtLeast("relative attention", "the number of keys", keysValues.Shape[0], q[0]);
        Check.Shape("relative attention", "the shape of the relative rows", relative.Shape, new Shape(keysValues.Shape[0], q.Columns));
        Check.Equal("relative attention", "the size of u", contentBias.Value.Count, q.Columns);
        Check.Shape("relative attention", "the shape of v", positionBias.Shape, contentBias.Shape);
        (_queries, _keysValues, _relative) = (queries, keysValues, relative);
        (_contentBias, _positionBias, _maxDistance, _mask) = (contentBias, positionBias, maxDistance, tape.NextMask(dropout));
        _logSumExp = tape.Allocate(new Shape(q[1], contentBias.Shape[0], q[0]));
        Variable output = tape.NewVariable(q, requiresGradient: true);
        tape.Backend.Kernels.AttentionForward(Arguments(output.Value));
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        int heads = _queries.Shape.Columns, streams = _queries.Shape[1];
        float* keysValues = tape.GradientToSet(_keysValues).Pointer;
        AttentionGradients gradients = new()
        {
            Output = new HeadRows(Output.Gradient.Pointer, streams * heads, heads),
            Query = new HeadRows(tape.GradientToSet(_queries).Pointer, streams * heads, heads),
            Key = new HeadRows(keysValues, streams * 2 * heads, 2 * heads),
            Value = new HeadRows(keysValues + heads, streams * 2 * heads, 2 * heads),
            Relative = tape.GradientToSet(_relative).Pointer,
            ContentBias = tape.GradientToAdd(_contentBias).Pointer,
            PositionBias = tape.GradientToAdd(_positionBias).Pointer,
        };
        tape.Backend.Kernels.AttentionBackward(Arguments(Output.Value), gradients);
    }

    internal override void Clear()
    {
        (_queries, _keysValues, _relative, _contentBias, _positionBias) = (null!, null!, null!, null!, null!);
        _logSumExp = default;
    }

    private unsafe AttentionArguments Arguments(Tensor output)
    {
        int heads = _queries.Shape.Columns, streams = _queries.Shape[1];
        float* keysValues = _keysValues.Value.Pointer;
        return new AttentionArguments
        {
            Queries = _queries.Shape[0],
            Keys = _keysValues.Shape[0],
            Streams = streams,
            Heads = _contentBias.Shape[0],
            HeadSize = _contentBias.Shape[1],
            MaxDistance = _maxDistance,
            Query = new HeadRows(_queries.Value.Pointer, streams * heads, heads),
            Key = new HeadRows(keysValues, streams * 2 * heads, 2 * heads),
            Value = new HeadRows(keysValues + heads, streams * 2 * heads, 2 * heads),
            Output = new HeadRows(output.Pointer, streams * heads, heads),
            Relative = new HeadRows(_relative.Value.Pointer, heads, 0),
            ContentBias = _contentBias.Value.Pointer,
            PositionBias = _positionBias.Value.Pointer,
            LogSumExp = _logSumExp.Pointer,
            Dropout = _mask,
        };
    }
}
