using System.Buffers;
using System.Text;

namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>
/// Added tokens as an automaton that reads each byte of a text once, for any number and length of tokens (Aho and Corasick 1975). A state is the longest suffix of the text
/// read so far that is the prefix of a token.
/// </summary>
internal sealed class AddedTokenTrie
{
    public const int Root = 0;

    private readonly AddedToken[] _tokens;
    private readonly int[] _rootChildren = new int[256];

    // The children of a node are consecutive; the label of a child is the byte that leads to it.
    private readonly int[] _firstChild;
    private readonly short[] _childCount;
    private readonly byte[] _label;
    private readonly int[] _suffix;
    private readonly short[] _depth;
    private readonly short[] _token;
    private readonly int[] _found;

    /// <param name="tokens">Tokens whose texts differ and are not empty.</param>
    public AddedTokenTrie(IEnumerable<AddedToken> tokens)
    {
        (AddedToken Token, byte[] Text)[] sorted = [.. tokens.Select(token => (token, Encoding.UTF8.GetBytes(token.Text)))];
        Array.Sort(sorted, (one, other) => one.Text.AsSpan().SequenceCompareTo(other.Text));
        _tokens = [.. sorted.Select(entry => entry.Token)];
        byte[][] texts = [.. sorted.Select(entry => entry.Text)];
        int count = 1 + texts.Select((text, i) => text.Length - (i > 0 ? text.AsSpan().CommonPrefixLength(texts[i - 1]) : 0)).Sum();
        _firstChild = new int[count];
        _childCount = new short[count];
        _label = new byte[count];
        _suffix = new int[count];
        _depth = new short[count];
        _token = new short[count];
        _found = new int[count];
        AddNodes(texts);
        AddSuffixes();
        FirstBytes = SearchValues.Create([.. texts.Select(text => text[0]).Distinct()]);
        TakesSpaceBefore = _tokens.Any(token => token.TakesSpaceBefore);
    }

    /// <summary>Whether there are no tokens.</summary>
    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>The bytes with which tokens begin.</summary>
    public SearchValues<byte> FirstBytes { get; }

    /// <summary>Whether white space has to be buffered.</summary>
    public bool TakesSpaceBefore { get; }

    /// <summary>The length of a state's prefix in bytes.</summary>
    public int Depth(int state) => _depth[state];

    /// <summary>The state of the longest token at the end of the text read so far; <see cref="Root"/> if there is none.</summary>
    public int Found(int state) => _found[state];

    /// <summary>The token of a state returned by <see cref="Found"/>.</summary>
    public AddedToken Token(int state) => _tokens[_token[state]];

    /// <summary>The state after one more byte.</summary>
    public int Step(int state, byte value)
    {
        while (state != Root)
        {
            int child = Child(state, value);
            if (child != Root)
            {
                return child;
            }
            state = _suffix[state];
        }
        return _rootChildren[value];
    }

    private int Child(int node, byte value)
    {
        int at = _label.AsSpan(_firstChild[node], _childCount[node]).IndexOf(value);
        return at < 0 ? Root : _firstChild[node] + at;
    }

    /// <summary>Level by level; the tokens below a node are neighbours in the order of their texts.</summary>
    private void AddNodes(byte[][] texts)
    {
        Array.Fill(_token, (short)-1);
        (int Low, int High)[] ranges = new (int, int)[_label.Length];
        ranges[Root] = (0, texts.Length);
        int count = 1;
        for (int node = 0; node < count; node++)
        {
            (int low, int high) = ranges[node];
            int depth = _depth[node];
            if (low < high && texts[low].Length == depth)
            {
                _token[node] = (short)low++;
            }
            _firstChild[node] = count;
            for (int end; low < high; low = end)
            {
                byte label = texts[low][depth];
                for (end = low + 1; end < high && texts[end][depth] == label; end++)
                {
                }
                _label[count] = label;
                _depth[count] = (short)(depth + 1);
                ranges[count++] = (low, end);
            }
            _childCount[node] = (short)(count - _firstChild[node]);
        }
        for (int child = _firstChild[Root]; child < _firstChild[Root] + _childCount[Root]; child++)
        {
            _rootChildren[_label[child]] = child;
        }
    }

    private void AddSuffixes()
    {
        for (int node = 0; node < _label.Length; node++)
        {
            _found[node] = _token[node] >= 0 ? node : _found[_suffix[node]];
            for (int child = _firstChild[node]; child < _firstChild[node] + _childCount[node]; child++)
            {
                _suffix[child] = node == Root ? Root : Step(_suffix[node], _label[child]);
            }
        }
    }
}
