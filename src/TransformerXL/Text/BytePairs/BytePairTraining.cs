using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>One run of a training over counted pre-tokens.</summary>
internal sealed class BytePairTraining
{
    private const int ProgressInterval = 64;

    /// <summary>The id that marks names that a merge must not have: those of special tokens.</summary>
    private const int Forbidden = -1;

    private readonly BytePairTrainerOptions _options;
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _idOfName = new(StringComparer.Ordinal);
    private readonly PairTable _merges = new(0);
    private readonly int[] _idOfByte = new int[256];
    private long _tokenBytes = 256;

    public BytePairTraining(BytePairTrainerOptions options)
    {
        _options = options;
        foreach (byte value in ByteAlphabet.BytesInOrder())
        {
            _idOfByte[value] = AddName(ByteAlphabet.Name([value]));
        }
        foreach (string token in options.SpecialTokens)
        {
            _idOfName.Add(token, Forbidden);
            _tokenBytes += System.Text.Encoding.UTF8.GetByteCount(token);
        }
    }

    public BytePairModel Run(PreTokenCounts preTokens, IProgress<BytePairTrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var words = new TrainedWords(preTokens, _idOfByte, cancellationToken);
        var places = new List<int>();
        while (_names.Count + _options.SpecialTokens.Count < _options.VocabularySize
            && words.Pairs.TryTake(_options.MinFrequency, out int left, out int right, places))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryGetResult(left, right, out int result))
            {
                continue;
            }
            words.Merge(left, right, result, places, cancellationToken);
            if (_names.Count % ProgressInterval == 0)
            {
                Report(progress);
            }
        }
        Report(progress);
        return Build();
    }

    /// <summary>
    /// The result of merging a pair: a new token, or the existing token with the same bytes. A pair that was merged before can occur again if a part of
    /// it was formed by another merge; it is merged with its old rank. False if the pair must not be merged.
    /// </summary>
    private bool TryGetResult(int left, int right, out int result)
    {
        string name = _names[left] + _names[right];
        if (!_idOfName.TryGetValue(name, out result))
        {
            if (_tokenBytes + name.Length > BytePairLimits.AllTokenBytes)
            {
                return false;
            }
            _tokenBytes += name.Length;
            result = AddName(name);
        }
        if (result != Forbidden && _merges.Find(left, right) < 0 && _merges.Count == BytePairLimits.Count)
        {
            return false;
        }
        if (result != Forbidden)
        {
            _merges.GetOrAdd(left, right);
        }
        return result != Forbidden;
    }

    private int AddName(string name)
    {
        _idOfName.Add(name, _names.Count);
        _names.Add(name);
        return _names.Count - 1;
    }

    private void Report(IProgress<BytePairTrainingProgress>? progress) =>
        progress?.Report(new BytePairTrainingProgress(_names.Count + _options.SpecialTokens.Count, _options.VocabularySize));

    private BytePairModel Build()
    {
        int ordinary = _names.Count;
        var builder = new BytePairModelBuilder([.. _names, .. _options.SpecialTokens], _options.SpecialTokens.Select((token, i) => new AddedToken(token, ordinary + i)));
        for (int rank = 0; rank < _merges.Count; rank++)
        {
            (int left, int right) = _merges[rank];
            builder.AddMerge(left, right);
        }
        return builder.Build(new BytePairRules());
    }
}
