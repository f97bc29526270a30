namespace TransformerXL.Text;

/// <summary>Texts as a trie of their bytes. The children of a node are consecutive; the label of a child is the byte that leads to it.</summary>
internal sealed class ByteTrie
{
    public const int Root = 0;

    private readonly int[] _firstChild;
    private readonly short[] _childCount;
    private readonly byte[] _label;
    private readonly int[] _text;
    private readonly int[] _rootChildren = new int[256];

    /// <param name="sorted">Texts in the order of their bytes, which differ and are not empty.</param>
    public ByteTrie(ReadOnlySpan<byte[]> sorted)
    {
        int count = 1;
        for (int i = 0; i < sorted.Length; i++)
        {
            count += sorted[i].Length - (i > 0 ? sorted[i].AsSpan().CommonPrefixLength(sorted[i - 1]) : 0);
        }

        (_firstChild, _childCount, _label, _text) = (new int[count], new short[count], new byte[count], new int[count]);
        AddNodes(sorted);
        Array.Fill(_rootChildren, -1);
        for (int child = FirstChild(Root); child < EndOfChildren(Root); child++)
        {
            _rootChildren[_label[child]] = child;
        }
    }

    /// <summary>Number of nodes; those of a shorter text come first.</summary>
    public int Count => _label.Length;

    /// <summary>The first child of a node.</summary>
    public int FirstChild(int node) => _firstChild[node];

    /// <summary>The node after the last child of a node.</summary>
    public int EndOfChildren(int node) => _firstChild[node] + _childCount[node];

    /// <summary>The byte that leads to a node.</summary>
    public byte Label(int node) => _label[node];

    /// <summary>The index of the text that ends at a node; -1 if there is none.</summary>
    public int TextAt(int node) => _text[node];

    /// <summary>The node after one more byte; -1 if no text continues so.</summary>
    public int Step(int node, byte value)
    {
        if (node == Root)
        {
            return _rootChildren[value];
        }

        int at = _label.AsSpan(_firstChild[node], _childCount[node]).IndexOf(value);
        return at < 0 ? -1 : _firstChild[node] + at;
    }

    /// <summary>Level by level; the texts below a node are neighbours in their order.</summary>
    private void AddNodes(ReadOnlySpan<byte[]> texts)
    {
        Array.Fill(_text, -1);
        (int Low, int High, int Depth)[] ranges = new (int, int, int)[_label.Length];
        ranges[Root] = (0, texts.Length, 0);
        int count = 1;
        for (int node = 0; node < count; node++)
        {
            (int low, int high, int depth) = ranges[node];
            if (low < high && texts[low].Length == depth)
            {
                _text[node] = low++;
            }

            _firstChild[node] = count;
            for (int end; low < high; low = end)
            {
                byte label = texts[low][depth];
                for (end = low + 1; end < high && texts[end][depth] == label; end++)
                {
                }

                _label[count] = label;
                ranges[count++] = (low, end, depth + 1);
            }

            _childCount[node] = (short)(count - _firstChild[node]);
        }
    }
}
