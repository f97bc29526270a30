using TransformerXL.Text;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Batches;

/// <summary>
/// Whole documents in random order, those of about the same length together: the permuted documents of an epoch are sorted by length within
/// groups of many batches, cut into batches, and these are permuted. What is read is a function of seed, epoch and number of the batch. A place behind
/// the end of a document holds -1. The last batch of an epoch is filled up with documents of its beginning.
/// </summary>
internal sealed class DocumentBatches : BatchSource
{
    private const int BatchesPerGroup = 64;

    private readonly IReadOnlyList<TaskDocument> _documents;
    private readonly int _streams, _segment, _batches;
    private readonly ulong _seed;
    private readonly SegmentShape _maxShape;
    private int[] _order = [];
    private int _next;

    /// <param name="documents">The documents.</param>
    /// <param name="streams">Documents of a batch.</param>
    /// <param name="segment">Tokens of a segment: documents with the same number of segments are kept together.</param>
    /// <param name="seed">Decides the order.</param>
    public DocumentBatches(IReadOnlyList<TaskDocument> documents, int streams, int segment, ulong seed)
    {
        Require.That(documents.Count > 0, "there are no training examples");
        (_documents, _streams, _segment, _seed) = (documents, streams, segment, seed);
        _batches = (documents.Count + streams - 1) / streams;
        _maxShape = new SegmentShape(documents.Max(document => document.Ids.Length), documents.Max(document => document.Targets.Length), streams);
        Seek(1, 0);
    }

    /// <inheritdoc/>
    public override SegmentShape MaxShape => _maxShape;

    /// <summary>The tokens of the documents of each batch of an epoch.</summary>
    public IEnumerable<int[]> LengthsOf(int epoch) => OrderOf(epoch).Select(document => _documents[document].Ids.Length).Chunk(_streams);

    /// <inheritdoc/>
    protected override void Move(int epoch, int segment)
    {
        Require.That(segment <= _batches, $"the training examples have only {_batches} batches in an epoch, so there is no batch {segment}");
        if (segment < _batches)
        {
            _order = OrderOf(epoch);
        }

        _next = segment;
    }

    /// <inheritdoc/>
    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = default;
        if (_next == _batches)
        {
            return false;
        }

        ReadOnlySpan<int> batch = _order.AsSpan(_next * _streams, _streams);
        int inputRows = 0, targetRows = 0;
        foreach (int document in batch)
        {
            inputRows = Math.Max(inputRows, _documents[document].Ids.Length);
            targetRows = Math.Max(targetRows, _documents[document].Targets.Length);
        }

        shape = new SegmentShape(inputRows, targetRows, _streams);
        for (int stream = 0; stream < batch.Length; stream++)
        {
            Fill(_documents[batch[stream]].Ids, inputs, stream, inputRows);
            Fill(_documents[batch[stream]].Targets, targets, stream, targetRows);
        }

        _next++;
        return true;
    }

    private void Fill(int[] values, Span<int> columns, int stream, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            columns[(row * _streams) + stream] = row < values.Length ? values[row] : -1;
        }
    }

    private int[] OrderOf(int epoch)
    {
        Permutation permutation = new(_documents.Count, _seed, (uint)epoch);
        int[] permuted = new int[_batches * _streams];
        for (int i = 0; i < permuted.Length; i++)
        {
            permuted[i] = (int)permutation.At(i % _documents.Count);
        }

        int group = BatchesPerGroup * _streams;
        for (int first = 0; first < permuted.Length; first += group)
        {
            int count = Math.Min(group, permuted.Length - first);
            int[] sorted = [.. permuted.AsSpan(first, count).ToArray().OrderBy(SegmentsOf).ThenBy(document => _documents[document].Ids.Length)];
            sorted.CopyTo(permuted, first);
        }

        Permutation batches = new(_batches, _seed + 1, (uint)epoch);
        int[] order = new int[permuted.Length];
        for (int i = 0; i < _batches; i++)
        {
            permuted.AsSpan((int)batches.At(i) * _streams, _streams).CopyTo(order.AsSpan(i * _streams));
        }

        return order;
    }

    private int SegmentsOf(int document) => (_documents[document].Ids.Length + _segment - 1) / _segment;
}
