using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// y_t = x_(T - 1 - t) for t from 0 to below T, the length of the first axis. With lengths n_b of streams, x (T, B, ...): y_tb = x_(n_b - 1 - t)b for t
/// below n_b, and y_tb = x_tb behind the end of a stream.
/// </summary>
public sealed class ReverseRowsOperation : Operation
{
    private Variable _input = null!;
    private IndexTensor _lengths;

    internal Variable Forward(Tape tape, Variable input, IndexTensor lengths)
    {
        Check.AtLeast("reverse rows", "the number of axes of the input", input.Shape.Rank, lengths.IsEmpty ? 1 : 2);
        if (!lengths.IsEmpty)
        {
            Check.Equal("reverse rows", "the number of lengths", lengths.Count, input.Shape[1]);
            Check.Below("reverse rows", "a length", lengths.Span, input.Shape[0] + 1);
        }

        (_input, _lengths) = (input, lengths);
        int length = input.Shape[0], streams = Streams, width = (int)(input.Shape.Stride / streams);
        Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
        ReadOnlySpan<float> x = input.Value.Span;
        Span<float> y = output.Value.Span;
        for (int t = 0; t < length; t++)
        {
            for (int b = 0; b < streams; b++)
            {
                x.Slice(((Source(t, b, length) * streams) + b) * width, width).CopyTo(y.Slice(((t * streams) + b) * width, width));
            }
        }

        return tape.Record(this, output);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Span<float> target = tape.GradientToAdd(_input).Span;
        ReadOnlySpan<float> gradient = Output.Gradient.Span;
        int length = _input.Shape[0], streams = Streams, width = (int)(_input.Shape.Stride / streams);
        for (int t = 0; t < length; t++)
        {
            for (int b = 0; b < streams; b++)
            {
                ReadOnlySpan<float> from = gradient.Slice(((t * streams) + b) * width, width);
                Span<float> to = target.Slice(((Source(t, b, length) * streams) + b) * width, width);
                for (int i = 0; i < width; i++)
                {
                    to[i] += from[i];
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Clear() => (_input, _lengths) = (null!, default);

    /// <summary>Rows are moved stream by stream where lengths are given, else as a whole.</summary>
    private int Streams => _lengths.IsEmpty ? 1 : _lengths.Count;

    private int Source(int time, int stream, int length)
    {
        int own = _lengths.IsEmpty ? length : _lengths.Span[stream];
        return time < own ? own - 1 - time : time;
    }
}
