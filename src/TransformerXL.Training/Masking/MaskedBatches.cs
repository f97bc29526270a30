using System.Numerics.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Batches;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Batches of the sequences of a pre-training. Without a memory they come in an order that is drawn anew for each epoch; with a memory the rows of a batch continue those of the batch
/// before. What is read depends on seed, epoch and number of the batch alone. A batch has as many rows as its longest sequence; ids after the end of another one are -1. A target is the token of a place,
/// or <see cref="Masker.NoTarget"/>; <see cref="Sequences.ExtraRows"/> more rows follow the targets.
/// </summary>
internal sealed class MaskedBatches : BatchSource
{
    private readonly TokenFile _tokens;
    private readonly Sequences _sequences;
    private readonly int _streams, _count;
    private readonly long _all;
    private readonly ulong _seed;
    private readonly bool _continues;
    private readonly int[][] _ids, _targets, _extra;
    private readonly int[] _lengths;
    private Permutation _order;
    private int _next;

    /// <summary>Goes to the beginning.</summary>
    /// <param name="tokens">The text, for messages.</param>
    /// <param name="sequences">The sequences.</param>
    /// <param name="streams">B.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="continues">Whether the rows of a batch continue those of the batch before.</param>
    /// <param name="readsAll">Whether the last batch has fewer streams, so that no sequence is left out; without effect if batches continue.</param>
    /// <exception cref="InputException">The text is too short for a batch.</exception>
    public MaskedBatches(TokenFile tokens, Sequences sequences, int streams, ulong seed, bool continues, bool readsAll = false)
    {
        int length = sequences.MaxLength, extra = sequences.ExtraRows(length);
        BatchLimits.CheckSizes(streams, length, extra);
        if (sequences is TextPieces pieces)
        {
            BatchLimits.CheckText(tokens, streams, pieces.TextLength, (long)streams * pieces.TextLength);
        }

        Require.That(
            sequences.Count >= streams,
            $"{tokens.Title} has text for {sequences.Count} {(sequences.Count == 1 ? "sequence" : "sequences")}: too few for batch size {streams}; use more text, a smaller batch or shorter targets",
            [new("training.batchSize"), new("context.targetLength")]);
        (_tokens, _sequences, _streams, _seed, _continues) = (tokens, sequences, streams, seed, continues);
        MaxShape = new SegmentShape(length, length + extra, streams);
        _all = readsAll && !continues ? sequences.Count : sequences.Count - (sequences.Count % streams);
        _count = (int)Math.Min(int.MaxValue, (_all + streams - 1) / streams);
        int[][] New(int size) => [.. Enumerable.Range(0, streams).Select(_ => new int[size])];
        (_ids, _targets, _extra, _lengths) = (New(length), New(length), New(extra), new int[streams]);
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape { get; }

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment)
    {
        _order = new Permutation(_sequences.Count, _seed, (uint)epoch);
        _sequences.Begin(epoch);
        _next = segment <= _count ? segment : throw Beyond(_tokens, epoch, segment, _count);
    }

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = MaxShape;
        if (_next == _count)
        {
            return false;
        }

        int streams = (int)Math.Min(_streams, _all - ((long)_next * _streams));
        for (int stream = 0; stream < streams; stream++)
        {
            long number = _continues ? ((long)stream * _count) + _next : _order.At(((long)_next * _streams) + stream);
            _lengths[stream] = _sequences.Read(number, _ids[stream], _targets[stream], _extra[stream]);
        }

        int rows = TensorPrimitives.Max<int>(_lengths.AsSpan(0, streams)), extra = _sequences.ExtraRows(rows);
        for (int stream = 0; stream < streams; stream++)
        {
            int length = _lengths[stream];
            for (int row = 0; row < rows; row++)
            {
                (inputs[(row * streams) + stream], targets[(row * streams) + stream]) = row < length ? (_ids[stream][row], _targets[stream][row]) : (-1, Masker.NoTarget);
            }

            for (int row = 0; row < extra; row++)
            {
                targets[((rows + row) * streams) + stream] = _extra[stream][row];
            }
        }

        shape = new SegmentShape(rows, rows + extra, streams);
        _next++;
        return true;
    }
}
