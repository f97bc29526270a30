namespace TransformerXL.Data.BytePairs;

/// <summary>The checked tables of a vocabulary of byte pairs; see <see cref="BytePairModelBuilder"/> for what is checked.</summary>
internal sealed class BytePairModel
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly PairTable _ranks;
    private readonly int[] _results;
    private readonly int[] _idOfByte;

    public BytePairModel(byte[][] tokens, int[] idOfByte, PairTable ranks, int[] results, IReadOnlyDictionary<string, int> specialTokens, bool addsPrefixSpace)
    {
        _starts = new int[tokens.Length + 1];
        for (int id = 0; id < tokens.Length; id++)
        {
            _starts[id + 1] = _starts[id] + tokens[id].Length;
        }
        _bytes = new byte[_starts[^1]];
        for (int id = 0; id < tokens.Length; id++)
        {
            tokens[id].CopyTo(_bytes, _starts[id]);
        }
        _idOfByte = idOfByte;
        _ranks = ranks;
        _results = results;
        SpecialTokens = specialTokens;
        AddsPrefixSpace = addsPrefixSpace;
        SpecialFinder = new SpecialTokenFinder(specialTokens.Values.Select(id => (BytesOf(id).ToArray(), id)));
    }

    /// <summary>Number of ids.</summary>
    public int Count => _starts.Length - 1;

    public int MergeCount => _results.Length;

    /// <summary>Special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    public SpecialTokenFinder SpecialFinder { get; }

    public bool AddsPrefixSpace { get; }

    public ReadOnlySpan<byte> BytesOf(int id) => _bytes.AsSpan(_starts[id].._starts[id + 1]);

    public int IdOf(byte value) => _idOfByte[value];

    /// <summary>The rank of the merge of two neighbours, or <see cref="int.MaxValue"/> if they are never merged.</summary>
    public int RankOf(int left, int right) => _ranks.Find(left, right) is >= 0 and int rank ? rank : int.MaxValue;

    /// <summary>What the merge of a rank gives.</summary>
    public int ResultOf(int rank) => _results[rank];

    public BytePairMerge Merge(int rank)
    {
        (int left, int right) = _ranks[rank];
        return new BytePairMerge(left, right, _results[rank]);
    }

    /// <summary>The names of all tokens in files, in the order of their ids: a special token as it is spelt, others in the <see cref="ByteAlphabet"/>.</summary>
    public string[] Names()
    {
        string[] names = new string[Count];
        foreach ((string name, int id) in SpecialTokens)
        {
            names[id] = name;
        }
        for (int id = 0; id < names.Length; id++)
        {
            names[id] ??= ByteAlphabet.Name(BytesOf(id));
        }
        return names;
    }
}
