using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>
/// Sentences in random order, packed stream by stream (the reference's LMShuffledIterator and LMMultiFileIterator): each of
/// the <c>B</c> rows takes the next sentence of the epoch when its own has ended, in the middle of a segment too, so that every
/// segment is full. A sentence begins with the end of the one before it in the text, so that its first token is a target as
/// well; one that has a mark of its own at the beginning (<c>&lt;S&gt; w ... &lt;S&gt;</c>, One Billion Word) begins with that. The order of an epoch is a function of seed and epoch and takes no memory; what of the last sentences fills no
/// whole segment is dropped.
/// </summary>
public sealed class SentenceBatches : BatchSource
{
    private const int ChunkTokens = 256;
    private readonly TokenFile _tokens;
    private readonly SentenceIndex _index;
    private readonly int? _endId;
    private readonly ulong? _seed;
    private readonly int _batchSize, _targetLength, _extendedLength;

    // Of each stream: the place of its next input, and how many ids of the sentence are left from there on.
    private readonly long[] _positions, _left;
    private readonly int[] _retained;
    private int _retainedRows;
    private Permutation _order;
    private long _nextSentence;

    /// <summary>Finds the sentences, in one pass over the text, and goes to the beginning.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="endId">The id that is the last of each sentence (<see cref="SentenceEnds"/>).</param>
    /// <param name="batchSize">Streams side by side, <c>B</c>.</param>
    /// <param name="targetLength">Targets per stream and segment, <c>T</c>.</param>
    /// <param name="extendedLength">Rows of earlier input that are repeated in front of a segment (0 for none).</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="startId">The id that is the first of each sentence (<see cref="Vocabulary.StartOfLineId"/>); null where sentences begin with their own text.</param>
    /// <exception cref="InputException">A number is out of range, or the text is too short for a segment.</exception>
    public SentenceBatches(TokenFile tokens, int endId, int batchSize, int targetLength, int extendedLength, ulong seed, int? startId = null)
        : this(tokens, SentenceIndex.Build(tokens, endId, startId), startId is null ? endId : null, batchSize, targetLength, extendedLength, seed)
    {
    }

    /// <summary>As the longer form; without an end id sentences begin with their own first id, without a seed they keep the order of the text.</summary>
    internal SentenceBatches(TokenFile tokens, SentenceIndex index, int? endId, int batchSize, int targetLength, int extendedLength, ulong? seed)
    {
        BatchLimits.CheckSizes(batchSize, targetLength, extendedLength);
        BatchLimits.CheckText(tokens, batchSize, targetLength, (long)targetLength * batchSize);
        Require.That(
            index.Count >= batchSize,
            $"{tokens.Title} has {Counted.Of(index.Count, "line")}: too few for batch size {batchSize} in the order of sentences, which needs a line for each stream");
        (_tokens, _index, _endId, _seed) = (tokens, index, endId, seed);
        (_batchSize, _targetLength, _extendedLength) = (batchSize, targetLength, extendedLength);
        (_positions, _left) = (new long[batchSize], new long[batchSize]);
        _retained = new int[extendedLength * batchSize];
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape => new(_targetLength + _extendedLength, _targetLength, _batchSize);

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment)
    {
        _order = new Permutation(_index.Count, _seed ?? 0, (uint)epoch);
        (_nextSentence, _retainedRows) = (0, 0);
        Array.Clear(_left);
        // Of the segments before, only those are read whose rows are repeated.
        int repeated = Math.Min(segment, (_extendedLength + _targetLength - 1) / _targetLength);
        int[] inputs = new int[repeated > 0 ? MaxShape.InputCount : 0], targets = new int[repeated > 0 ? MaxShape.TargetCount : 0];
        for (int i = 0; i < segment; i++)
        {
            bool any = i < segment - repeated ? TryFill([], []) : TryReadNext(inputs, targets, out _);
            if (!any)
            {
                throw Beyond(_tokens, epoch, segment, i);
            }
        }
    }

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = new SegmentShape(_retainedRows + _targetLength, _targetLength, _batchSize);
        int retained = _retainedRows * _batchSize;
        _retained.AsSpan(0, retained).CopyTo(inputs);
        if (!TryFill(inputs[retained..], targets))
        {
            return false;
        }

        _retainedRows = Math.Min(shape.InputRows, _extendedLength);
        inputs[..shape.InputCount][^(_retainedRows * _batchSize)..].CopyTo(_retained);
        return true;
    }

    /// <summary>Moves all streams on by a segment, and copies it unless the spans are empty.</summary>
    private bool TryFill(Span<int> inputs, Span<int> targets)
    {
        for (int stream = 0; stream < _batchSize; stream++)
        {
            for (int row = 0, count; row < _targetLength; row += count)
            {
                if (!TryOpen(stream))
                {
                    return false;
                }

                // The last id of a sentence is only a target.
                count = (int)Math.Min(_left[stream] - 1, _targetLength - row);
                if (!inputs.IsEmpty)
                {
                    Copy(_positions[stream], count, (row * _batchSize) + stream, inputs, targets);
                }

                _positions[stream] += count;
                _left[stream] -= count;
            }
        }

        return true;
    }

    /// <summary>Gives a stream whose sentence has ended the next one; false if there is none.</summary>
    private bool TryOpen(int stream)
    {
        while (_left[stream] <= 1)
        {
            if (_nextSentence == _index.Count)
            {
                return false;
            }

            long sentence = _seed is null ? _nextSentence : _order.At(_nextSentence);
            _nextSentence++;
            _positions[stream] = _index.Start(sentence) - (_endId is null ? 0 : 1);
            _left[stream] = _index.Start(sentence + 1) - _positions[stream];
        }

        return true;
    }

    private void Copy(long position, int count, int place, Span<int> inputs, Span<int> targets)
    {
        Span<int> chunk = stackalloc int[ChunkTokens + 1];
        while (count > 0)
        {
            Span<int> ids = chunk[..(Math.Min(count, ChunkTokens) + 1)];
            Read(position, ids);
            for (int i = 0; i < ids.Length - 1; i++, place += _batchSize)
            {
                (inputs[place], targets[place]) = (ids[i], ids[i + 1]);
            }

            position += ids.Length - 1;
            count -= ids.Length - 1;
        }
    }

    private void Read(long position, Span<int> ids)
    {
        if (position < 0)
        {
            // There is no end of a sentence before the first one.
            ids[0] = _endId!.Value;
            position = 0;
            ids = ids[1..];
        }

        _tokens.Read(position, ids);
    }
}
