using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// Multi-head attention: score(i, j) = ((q_i + u) . k_j + (q_i + v) . r_{i-j} + b_{i-j}) / sqrt(d_h), softmax over the
/// visible keys, sum of the values. q (L, B, H d_h), kv (K, B, 2 H d_h), r (R, H d_h) and b (R, H) with row p for the distance
/// K - 1 - p between the place of the query, K - L + i, and the key; R = K in causal attention, and K + L - 1 where queries see
/// keys after their own place (<see cref="Visibility.RelativeRows"/>). u and v (H, d_h). Gives (L, B, H d_h). Each of r, u, v, b
/// may be missing; then its terms are. A <see cref="Visibility"/> defines which keys are visible and which rows of a stream
/// exist; the output of a query that sees no key or does not exist is zero, as are the gradients of rows that do not exist.
/// </summary>
public sealed class AttentionOperation : Operation
{
    private Variable _queries = null!, _keysValues = null!;
    private Variable? _relative, _contentBias, _positionBias, _distanceBias;
    private Tensor _logSumExp;
    private Visibility _visibility;
    private int _heads;
    private DropoutMask _mask;

    internal unsafe Variable Forward(
        Tape tape, Variable queries, Variable keysValues, int heads, Variable? relative, Variable? contentBias, Variable? positionBias, Variable? distanceBias, in Visibility visibility, float dropout)
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
        (_queries, _keysValues, _relative, _heads) = (queries, keysValues, relative, heads);
        (_contentBias, _positionBias, _distanceBias, _visibility, _mask) = (contentBias, positionBias, distanceBias, visibility, tape.NextMask(dropout));
        _logSumExp = tape.Allocate(new Shape(q[1], heads, q[0]));
        Variable output = tape.NewVariable(q, requiresGradient: true);
        tape.Backend.Kernels.AttentionForward(Arguments(output.Value));
        return tape.Record(this, output);
    }

    internal override unsafe void Backward(Tape tape)
    {
        int width = _queries.Shape.Columns, streams = _queries.Shape[1];
        float* keysValues = tape.GradientToSet(_keysValues).Pointer;
        AttentionGradients gradients = new()
        {
            Output = new HeadRows(Output.Gradient.Pointer, streams * width, width),
            Query = new HeadRows(tape.GradientToSet(_queries).Pointer, streams * width, width),
            Key = new HeadRows(keysValues, streams * 2 * width, 2 * width),
            Value = new HeadRows(keysValues + width, streams * 2 * width, 2 * width),
            Relative = _relative is { RequiresGradient: true } ? tape.GradientToSet(_relative).Pointer : null,
            ContentBias = _contentBias is null ? null : tape.GradientToAdd(_contentBias).Pointer,
            PositionBias = _positionBias is null ? null : tape.GradientToAdd(_positionBias).Pointer,
            DistanceBias = _distanceBias is null ? null : tape.GradientToSet(_distanceBias).Pointer,
        };
        tape.Backend.Kernels.AttentionBackward(Arguments(Output.Value), gradients);
    }

    internal override void Clear()
    {
        (_queries, _keysValues, _relative) = (null!, null!, null);
        (_contentBias, _positionBias, _distanceBias) = (null, null, null);
        (_logSumExp, _visibility) = (default, default);
    }

    private static void CheckShape(string what, Variable? variable, Shape wanted)
    {
        if (variable is not null)
        {
            Check.Shape("attention", what, variable.Shape, wanted);
        }
    }

    private static unsafe float* PointerOf(Variable? variable) => variable is null ? null : variable.Value.Pointer;

    private unsafe AttentionArguments Arguments(Tensor output)
    {
        int width = _queries.Shape.Columns, streams = _queries.Shape[1];
        float* keysValues = _keysValues.Value.Pointer;
        return new AttentionArguments
        {
            Queries = _queries.Shape[0],
            Keys = _keysValues.Shape[0],
            Streams = streams,
            Heads = _heads,
            HeadSize = width / _heads,
            Visibility = _visibility,
            Query = new HeadRows(_queries.Value.Pointer, streams * width, width),
            Key = new HeadRows(keysValues, streams * 2 * width, 2 * width),
            Value = new HeadRows(keysValues + width, streams * 2 * width, 2 * width),
            Output = new HeadRows(output.Pointer, streams * width, width),
            Relative = new HeadRows(PointerOf(_relative), width, 0),
            ContentBias = PointerOf(_contentBias),
            PositionBias = PointerOf(_positionBias),
            DistanceBias = PointerOf(_distanceBias),
            LogSumExp = _logSumExp.Pointer,
            Dropout = _mask,
        };
    }
}
