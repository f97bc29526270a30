using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>
/// Where the sentences of a token sequence begin. Takes four bytes of memory for each, and eight for each 4096: 30 million
/// sentences, as many as One Billion Word has, take 120 MB, however long they are. Immutable.
/// </summary>
public sealed class SentenceIndex
{
    private const int BlockBits = 12, BlockSize = 1 << BlockBits;
    private const int ChunkTokens = 4096;
    private readonly List<long> _blockStarts = [];
    private readonly List<uint[]> _offsets = [];
    private long _starts;

    private SentenceIndex()
    {
    }

    /// <summary>Number of sentences.</summary>
    public long Count => _starts - 1;

    /// <summary>Finds the sentences in one pass. The last may lack its end.</summary>
    /// <param name="tokens">The ids.</param>
    /// <param name="endId">The id that is the last of each sentence.</param>
    /// <param name="startId">The id that is the first of each sentence, where it is one that may also end it; null where sentences begin with their own text.</param>
    /// <exception cref="InputException">The sentences are longer than can be indexed.</exception>
    public static SentenceIndex Build(TokenFile tokens, int endId, int? startId = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        SentenceIndex index = new();
        Span<int> chunk = stackalloc int[ChunkTokens];
        long begin = 0;
        for (long position = 0; position < tokens.Count; position += ChunkTokens)
        {
            Span<int> ids = chunk[..(int)Math.Min(ChunkTokens, tokens.Count - position)];
            tokens.Read(position, ids);
            for (int from = 0, start, length; from < ids.Length; from += start + length)
            {
                // The first id of a sentence does not end it, even if it is the same as the last.
                start = position + from == begin && ids[from] == startId ? 1 : 0;
                length = ids[(from + start)..].IndexOf(endId) + 1;
                if (length == 0)
                {
                    break;
                }

                index.Add(begin);
                begin = position + from + start + length;
            }
        }

        if (begin < tokens.Count)
        {
            index.Add(begin);
        }

        index.Add(tokens.Count);
        return index;
    }

    /// <summary>Sentences of known lengths, one after the other.</summary>
    internal static SentenceIndex FromLengths(IEnumerable<int> lengths)
    {
        SentenceIndex index = new();
        long begin = 0;
        foreach (int length in lengths)
        {
            index.Add(begin);
            begin += length;
        }

        index.Add(begin);
        return index;
    }

    /// <summary>The position of the first id of a sentence; that of the number <see cref="Count"/> is the end of the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sentence is not in <c>0 .. Count</c>.</exception>
    public long Start(long sentence)
    {
        if ((ulong)sentence >= (ulong)_starts)
        {
            throw new ArgumentOutOfRangeException(nameof(sentence), sentence, $"sentence {sentence} is not in 0..{Count}");
        }

        int block = (int)(sentence >> BlockBits);
        return _blockStarts[block] + _offsets[block][(int)sentence & (BlockSize - 1)];
    }

    private void Add(long start)
    {
        int place = (int)_starts & (BlockSize - 1);
        if (place == 0)
        {
            _blockStarts.Add(start);
            _offsets.Add(new uint[BlockSize]);
        }

        long offset = start - _blockStarts[^1];
        if (offset > uint.MaxValue)
        {
            throw new InputException($"{place} lines in a row hold {offset} tokens, more than {uint.MaxValue}: they are too long to be read as sentences");
        }

        _offsets[^1][place] = (uint)offset;
        _starts++;
    }
}
