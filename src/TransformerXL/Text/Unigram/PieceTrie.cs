using System.Text;

namespace TransformerXL.Text.Unigram;

/// <summary>Pieces by the bytes of their text. The children of a node are consecutive; the label of a child is the byte that leads to it.</summary>
internal sealed class PieceTrie
{
    public const int Root = 0;

    private readonly int[] _firstChild;
    private readonly short[] _childCount;
    private readonly byte[] _label;
    private readonly int[] _piece;
    private readonly int[] _rootChildren = new int[256];

    /// <param name="pieces">Ids with their texts, which differ and are not empty.</param>
    public PieceTrie(IEnumerable<(int Id, string Text)> pieces)
    {
        (int Id, byte[] Text)[] sorted = [.. pieces.Select(piece => (piece.Id, Encoding.UTF8.GetBytes(piece.Text)))];
        Array.Sort(sorted, (one, other) => one.Text.AsSpan().SequenceCompareTo(other.Text));
        int count = 1;
        for (int i = 0; i < sorted.Length; i++)
        {
            count += sorted[i].Text.Length - (i > 0 ? sorted[i].Text.AsSpan().CommonPrefixLength(sorted[i - 1].Text) : 0);
        }

        (_firstChild, _childCount, _label, _piece) = (new int[count], new short[count], new byte[count], new int[count]);
        IsEmpty = sorted.Length == 0;
        AddNodes(sorted);
        Array.Fill(_rootChildren, -1);
        for (int child = _firstChild[Root]; child < _firstChild[Root] + _childCount[Root]; child++)
        {
            _rootChildren[_label[child]] = child;
        }
    }

    /// <summary>Whether there are no pieces.</summary>
    public bool IsEmpty { get; }

    /// <summary>The id of the piece that ends at a node; -1 if there is none.</summary>
    public int PieceAt(int node) => _piece[node];

    /// <summary>The node after one more byte; -1 if no piece continues so.</summary>
    public int Step(int node, byte value)
    {
        if (node == Root)
        {
            return _rootChildren[value];
        }

        int at = _label.AsSpan(_firstChild[node], _childCount[node]).IndexOf(value);
        return at < 0 ? -1 : _firstChild[node] + at;
    }

    /// <summary>The node after one more character; -1 if no piece continues so.</summary>
    public int StepCharacter(int node, int code)
    {
        Span<byte> bytes = stackalloc byte[4];
        int length = new Rune(code).EncodeToUtf8(bytes);
        for (int i = 0; i < length && node >= 0; i++)
        {
            node = Step(node, bytes[i]);
        }

        return node;
    }

    /// <summary>Level by level; the pieces below a node are neighbours in the order of their texts.</summary>
    private void AddNodes((int Id, byte[] Text)[] sorted)
    {
        Array.Fill(_piece, -1);
        int[] lows = new int[_label.Length], highs = new int[_label.Length], depths = new int[_label.Length];
        highs[Root] = sorted.Length;
        int count = 1;
        for (int node = 0; node < count; node++)
        {
            (int low, int high, int depth) = (lows[node], highs[node], depths[node]);
            if (low < high && sorted[low].Text.Length == depth)
            {
                _piece[node] = sorted[low++].Id;
            }

            _firstChild[node] = count;
            for (int end; low < high; low = end)
            {
                byte label = sorted[low].Text[depth];
                for (end = low + 1; end < high && sorted[end].Text[depth] == label; end++)
                {
                }

                _label[count] = label;
                (lows[count], highs[count], depths[count]) = (low, end, depth + 1);
                count++;
            }

            _childCount[node] = (short)(count - _firstChild[node]);
        }
    }
}
