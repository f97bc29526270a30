using TransformerXL.Tensors.Collectives;

namespace TransformerXL.Inference;

/// <summary>
/// Divides the streams of a text among processes: each reads its own and gets the losses of the others. A stream has the same losses in any
/// batch, so the result is that of one process, bit for bit.
/// </summary>
internal sealed class SharedReader : ISegmentReader
{
    private readonly ICollective _collective;
    private readonly ISegmentReader? _own;
    private readonly int _streams;
    private int[] _inputs = [], _targets = [];
    private float[] _losses = [];
    private double[] _sent = [], _all = [];

    /// <param name="collective">The processes.</param>
    /// <param name="streams">All streams, B.</param>
    /// <param name="segmentsAtOnce">The most segments that are read together.</param>
    /// <param name="create">Creates the reader of a number of streams; not called in a process without streams.</param>
    public SharedReader(ICollective collective, int streams, int segmentsAtOnce, Func<int, ISegmentReader> create)
    {
        (_collective, _streams, SegmentsAtOnce) = (collective, streams, segmentsAtOnce);
        int own = Count(collective.Rank);
        _own = own > 0 ? create(own) : null;
    }

    public int SegmentsAtOnce { get; }

    public void Read(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Span<float> nll)
    {
        int rows = targets.Length / _streams, max = Count(0) * rows, own = Count(_collective.Rank) * rows;
        Grow(inputs.Length, targets.Length, max);
        if (_own is not null)
        {
            int inputCount = Columns(inputs, _inputs);
            _own.Read(_inputs.AsSpan(0, inputCount), _targets.AsSpan(0, Columns(targets, _targets)), _losses.AsSpan(0, own));
            for (int i = 0; i < own; i++)
            {
                _sent[i] = _losses[i];
            }
        }

        Span<double> all = _all.AsSpan(0, max * _collective.Size);
        _collective.Gather(_sent.AsSpan(0, max), all);
        for (int rank = 0; rank < _collective.Size; rank++)
        {
            int first = First(rank), count = Count(rank);
            for (int i = 0; i < rows * count; i++)
            {
                nll[(i / count * _streams) + first + (i % count)] = (float)all[(rank * max) + i];
            }
        }
    }

    private int First(int rank) => (rank * (_streams / _collective.Size)) + Math.Min(rank, _streams % _collective.Size);

    private int Count(int rank) => (_streams / _collective.Size) + (rank < _streams % _collective.Size ? 1 : 0);

    /// <summary>The ids of the own streams, from ids laid out (rows, B).</summary>
    private int Columns(ReadOnlySpan<int> ids, int[] own)
    {
        int rows = ids.Length / _streams, first = First(_collective.Rank), count = Count(_collective.Rank);
        for (int row = 0; row < rows; row++)
        {
            ids.Slice((row * _streams) + first, count).CopyTo(own.AsSpan(row * count));
        }

        return rows * count;
    }

    private void Grow(int inputs, int targets, int max)
    {
        if (_inputs.Length < inputs || _sent.Length < max)
        {
            (_inputs, _targets, _losses) = (new int[inputs], new int[targets], new float[max]);
            (_sent, _all) = (new double[max], new double[max * _collective.Size]);
        }
    }
}
