using TransformerXL.Text;

namespace TransformerXL.Analysis.Surprisal;

/// <summary>Sums the results of <see cref="SurprisalReader"/> over a text, in memory that does not grow with the text.</summary>
public sealed class SurprisalSummary
{
    private readonly Dictionary<int, TokenGain> _gains = [];
    private readonly PriorityQueue<TokenSurprise, double> _best = new();
    private readonly int _max;
    private readonly double[] _with, _without;
    private readonly long[] _counts;
    private double _sumWith, _sumWithout;

    /// <summary>Creates an empty summary.</summary>
    /// <param name="segmentLength">L.</param>
    /// <param name="max">How many single positions with the greatest gain are kept.</param>
    public SurprisalSummary(int segmentLength, int max = 12)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segmentLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        _max = max;
        (_with, _without, _counts) = (new double[segmentLength], new double[segmentLength], new long[segmentLength]);
    }

    /// <summary>Tokens read.</summary>
    public long Count { get; private set; }

    /// <summary>Mean bits per token with memory.</summary>
    public double WithMemory => _sumWith / Count;

    /// <summary>Mean bits per token without.</summary>
    public double WithoutMemory => _sumWithout / Count;

    /// <summary>Number of positions in a segment: L, or fewer if the text is shorter.</summary>
    public int Places => Array.FindLastIndex(_counts, count => count > 0) + 1;

    /// <summary>Adds a token.</summary>
    public void Add(TokenSurprise token)
    {
        Count++;
        _sumWith += token.WithMemory;
        _sumWithout += token.WithoutMemory;
        _with[token.PlaceInSegment] += token.WithMemory;
        _without[token.PlaceInSegment] += token.WithoutMemory;
        _counts[token.PlaceInSegment]++;
        TokenGain gain = _gains.GetValueOrDefault(token.Id);
        _gains[token.Id] = new TokenGain(token.Id, gain.Count + 1, gain.Bits + token.Gain);
        _best.Enqueue(token, token.Gain);
        if (_best.Count > _max)
        {
            _best.Dequeue();
        }
    }

    /// <summary>Mean bits by the position in the segment, for a range of positions.</summary>
    public (double WithMemory, double WithoutMemory) MeanAt(int first, int last)
    {
        long count = _counts[first..last].Sum();
        return (_with[first..last].Sum() / count, _without[first..last].Sum() / count);
    }

    /// <summary>Mean bytes of text for each token; null where they are not known, as for words.</summary>
    /// <param name="vocabulary">The vocabulary of the tokens.</param>
    public double? BytesPerToken(Vocabulary vocabulary) =>
        TokenBytes.Of(vocabulary) is { } bytes ? _gains.Values.Sum(gain => (double)gain.Count * bytes.Count([gain.Id])) / Count : null;

    /// <summary>The tokens with the greatest total gain over all their positions, greatest first.</summary>
    public IReadOnlyList<TokenGain> Gains(int max) => [.. _gains.Values.OrderByDescending(gain => gain.Bits).ThenBy(gain => gain.Id).Take(max)];

    /// <summary>The single positions with the greatest gain, greatest first.</summary>
    public IReadOnlyList<TokenSurprise> BestPlaces() => [.. _best.UnorderedItems.Select(item => item.Element).OrderByDescending(token => token.Gain).ThenBy(token => token.Position)];
}
