using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Heads;

/// <summary>
/// The pooling of a head over texts that are read segment by segment, in constant memory. What it keeps of a stream depends on the stream alone, so
/// that a text has the same bits in any batch.
/// </summary>
internal sealed class StreamedPooling
{
    private readonly TaskHead _head;
    private readonly int _size, _heads;
    private readonly double[] _sums, _scales, _maxima;
    private readonly long[] _counts;

    public StreamedPooling(TaskHead head, int streams)
    {
        (_head, _size, _heads) = (head, head.Size, head.Heads);
        _sums = new double[streams * _size];
        _counts = new long[streams];
        (_scales, _maxima) = (new double[streams * _heads], new double[streams * _heads]);
        NGrams = head.NGrams is null ? null : new StreamedNGrams(head, streams);
    }

    /// <summary>The n-grams of the texts, which are given their tokens; null if the head has none.</summary>
    public StreamedNGrams? NGrams { get; }

    public void Clear()
    {
        Array.Clear(_sums);
        Array.Clear(_counts);
        Array.Clear(_scales);
        Array.Fill(_maxima, double.NegativeInfinity);
        NGrams?.Clear();
    }

    /// <summary>Takes the hidden states of a segment (T, B, d), of which each stream has so many.</summary>
    public void Add(Tape tape, Variable states, ReadOnlySpan<int> lengths)
    {
        bool attends = _head.Configuration.Pooling == HeadPooling.Attention;
        ReadOnlySpan<float> rows = attends ? _head.KeysValues(tape, states).Value.Span : states.Value.Span;
        int width = attends ? 2 * _size : _size;
        for (int stream = 0; stream < lengths.Length; stream++)
        {
            for (int t = 0; t < lengths[stream]; t++)
            {
                Add(stream, rows.Slice(((t * lengths.Length) + stream) * width, width), isLast: t == lengths[stream] - 1);
                _counts[stream]++;
            }
        }
    }

    /// <summary>The vectors of all streams: (B, d).</summary>
    public Tensor Result(Tape tape)
    {
        Tensor result = tape.Allocate(new Shape(_counts.Length, _size));
        Span<float> values = result.Span;
        for (int i = 0; i < values.Length; i++)
        {
            int stream = i / _size;
            double divisor = _head.Configuration.Pooling switch
            {
                HeadPooling.Mean => _counts[stream],
                HeadPooling.Attention => _scales[(stream * _heads) + (i % _size / (_size / _heads))],
                _ => 1,
            };
            values[i] = _counts[stream] == 0 ? 0 : (float)(_sums[i] / divisor);
        }

        return result;
    }

    private void Add(int stream, ReadOnlySpan<float> row, bool isLast)
    {
        Span<double> sums = _sums.AsSpan(stream * _size, _size);
        switch (_head.Configuration.Pooling)
        {
            case HeadPooling.Attention:
                Attend(stream, row, sums);
                break;
            case HeadPooling.Last when !isLast:
            case HeadPooling.First when _counts[stream] > 0:
                break;
            case HeadPooling.First:
            case HeadPooling.Last:
            case HeadPooling.Max when _counts[stream] == 0:
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] = row[i];
                }

                break;
            case HeadPooling.Max:
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] = Math.Max(sums[i], row[i]);
                }

                break;
            default:
                for (int i = 0; i < sums.Length; i++)
                {
                    sums[i] += row[i];
                }

                break;
        }
    }

    /// <summary>The softmax so far, scaled to the largest score so far.</summary>
    private void Attend(int stream, ReadOnlySpan<float> row, Span<double> sums)
    {
        int width = _size / _heads;
        for (int head = 0; head < _heads; head++)
        {
            double score = 0;
            for (int i = head * width; i < (head + 1) * width; i++)
            {
                score += (double)_head.Query[i] * row[i];
            }

            score /= Math.Sqrt(width);
            ref double max = ref _maxima[(stream * _heads) + head];
            ref double scale = ref _scales[(stream * _heads) + head];
            double next = Math.Max(max, score), old = Math.Exp(max - next), weight = Math.Exp(score - next);
            (max, scale) = (next, (scale * old) + weight);
            for (int i = head * width; i < (head + 1) * width; i++)
            {
                sums[i] = (sums[i] * old) + (weight * row[_size + i]);
            }
        }
    }
}
