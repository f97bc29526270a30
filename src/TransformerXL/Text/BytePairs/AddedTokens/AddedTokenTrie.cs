using System.Buffers;
using System.Text;

namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>
/// Added tokens as an automaton that reads each byte of a text once, for any number and length of tokens (Aho and Corasick 1975). A state is the longest suffix of the text
/// read so far that is the prefix of a token.
/// </summary>
internal sealed class AddedTokenTrie
{
    public const int Root = ByteTrie.Root;

    private readonly AddedToken[] _tokens;
    private readonly ByteTrie _trie;
    private readonly int[] _suffix;
    private readonly short[] _depth;
    private readonly int[] _found;

    /// <param name="tokens">Tokens whose texts differ and are not empty.</param>
    public AddedTokenTrie(IEnumerable<AddedToken> tokens)
    {
        (AddedToken Token, byte[] Text)[] sorted = [.. tokens.Select(token => (token, Encoding.UTF8.GetBytes(token.Text)))];
        Array.Sort(sorted, (one, other) => one.Text.AsSpan().SequenceCompareTo(other.Text));
        _tokens = [.. sorted.Select(entry => entry.Token)];
        byte[][] texts = [.. sorted.Select(entry => entry.Text)];
        _trie = new ByteTrie(texts);
        _suffix = new int[_trie.Count];
        _depth = new short[_trie.Count];
        _found = new int[_trie.Count];
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
    public AddedToken Token(int state) => _tokens[_trie.TextAt(state)];

    /// <summary>The state after one more byte.</summary>
    public int Step(int state, byte value)
    {
        while (state != Root)
        {
            int child = _trie.Step(state, value);
            if (child >= 0)
            {
                return child;
            }
            state = _suffix[state];
        }
        return Math.Max(Root, _trie.Step(Root, value));
    }

    /// <summary>States of shorter prefixes come first, so that a suffix is complete when it is needed.</summary>
    private void AddSuffixes()
    {
        for (int node = 0; node < _trie.Count; node++)
        {
            _found[node] = _trie.TextAt(node) >= 0 ? node : _found[_suffix[node]];
            for (int child = _trie.FirstChild(node); child < _trie.EndOfChildren(node); child++)
            {
                _depth[child] = (short)(_depth[node] + 1);
                _suffix[child] = node == Root ? Root : Step(_suffix[node], _trie.Label(child));
            }
        }
    }
}
