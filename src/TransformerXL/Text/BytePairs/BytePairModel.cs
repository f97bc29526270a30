using System.Collections.Concurrent;
using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>The checked tables of a vocabulary of byte pairs; see <see cref="BytePairModelBuilder"/> for the checks.</summary>
internal sealed class BytePairModel
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly PairTable _ranks;
    private readonly int[] _results;
    private readonly int[] _idOfByte;
    private readonly HashSet<int> _added;

    /// <param name="tokens">The bytes of each id; empty if no token has the id.</param>
    /// <param name="idOfByte">The ids of the 256 bytes.</param>
    /// <param name="ranks">The pairs that are merged.</param>
    /// <param name="results">The result of each pair.</param>
    /// <param name="added">The added tokens.</param>
    /// <param name="rules">How text is prepared.</param>
    public BytePairModel(byte[][] tokens, int[] idOfByte, PairTable ranks, int[] results, IReadOnlyList<AddedToken> added, BytePairRules rules)
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
        Rules = rules;
        Added = added;
        SpecialTokens = added.ToDictionary(token => token.Text, token => token.Id, StringComparer.Ordinal);
        EncoderTokens = new[] { EncoderTokens.Roberta, EncoderTokens.Bert }.FirstOrDefault(tokens => SpecialTokens.ContainsKey(tokens.Mask));
        AddedTokens = AddedTokenTries.Of(added);
        OrdinaryTokens = added.All(token => token.IsSpecial) ? AddedTokenTries.Of([]) : AddedTokenTries.Of([.. added.Where(token => !token.IsSpecial)]);
        _added = added.Select(token => token.Id).ToHashSet();
        WholeTokens = rules.IgnoresMerges ? new WholeTokenTable(tokens, IsOrdinary) : null;
        Unused = [.. Enumerable.Range(0, tokens.Length).Where(id => tokens[id].Length == 0)];
    }

    /// <summary>Caches that no encoder uses now. A new one costs more time than a short text.</summary>
    public ConcurrentBag<PreTokenCache> Caches { get; } = [];

    /// <summary>Number of ids.</summary>
    public int Count => _starts.Length - 1;

    public int MergeCount => _results.Length;

    public BytePairRules Rules { get; }

    /// <summary>The added tokens in the order of their ids.</summary>
    public IReadOnlyList<AddedToken> Added { get; }

    /// <summary>Added tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>The names of the tokens of an encoder; null without a mask. Some of the others may be missing.</summary>
    public EncoderTokens? EncoderTokens { get; }

    /// <summary>All added tokens.</summary>
    public AddedTokenTries AddedTokens { get; }

    /// <summary>The added tokens that are not special.</summary>
    public AddedTokenTries OrdinaryTokens { get; }

    /// <summary>The tokens that a whole pre-token may be, regardless of merges; null if only merges decide.</summary>
    public WholeTokenTable? WholeTokens { get; }

    /// <summary>Ids that no token has.</summary>
    public IReadOnlyList<int> Unused { get; }

    /// <summary>Whether an id is that of a token, but not of an added one.</summary>
    public bool IsOrdinary(int id) => _starts[id + 1] > _starts[id] && !_added.Contains(id);

    public ReadOnlySpan<byte> BytesOf(int id) => _bytes.AsSpan(_starts[id].._starts[id + 1]);

    public int IdOf(byte value) => _idOfByte[value];

    /// <summary>The rank of the merge of two neighbours, or <see cref="int.MaxValue"/> if they are never merged.</summary>
    public int RankOf(int left, int right) => _ranks.Find(left, right) is >= 0 and int rank ? rank : int.MaxValue;

    /// <summary>The result of the merge with a rank.</summary>
    public int ResultOf(int rank) => _results[rank];

    public BytePairMerge Merge(int rank)
    {
        (int left, int right) = _ranks[rank];
        return new BytePairMerge(left, right, _results[rank]);
    }

    /// <summary>The names of all tokens in files, in the order of their ids: an added token as it is spelt, others in the <see cref="ByteAlphabet"/>; null where no token has the id.</summary>
    public string?[] Names()
    {
        string?[] names = new string?[Count];
        foreach ((string name, int id) in SpecialTokens)
        {
            names[id] = name;
        }
        for (int id = 0; id < names.Length; id++)
        {
            names[id] ??= BytesOf(id).IsEmpty ? null : ByteAlphabet.Name(BytesOf(id));
        }
        return names;
    }
}
