using System.Text;

namespace TransformerXL.Text.Unigram;

/// <summary>Pieces by the bytes of their text.</summary>
internal sealed class PieceTrie
{
    public const int Root = ByteTrie.Root;

    private readonly ByteTrie _trie;
    private readonly int[] _ids;

    /// <param name="pieces">Ids with their texts, which differ and are not empty.</param>
    public PieceTrie(IEnumerable<(int Id, string Text)> pieces)
    {
        (int Id, byte[] Text)[] sorted = [.. pieces.Select(piece => (piece.Id, Encoding.UTF8.GetBytes(piece.Text)))];
        Array.Sort(sorted, (one, other) => one.Text.AsSpan().SequenceCompareTo(other.Text));
        _ids = Array.ConvertAll(sorted, piece => piece.Id);
        _trie = new ByteTrie(Array.ConvertAll(sorted, piece => piece.Text));
    }

    /// <summary>Whether there are no pieces.</summary>
    public bool IsEmpty => _ids.Length == 0;

    /// <summary>The id of the piece that ends at a node; -1 if there is none.</summary>
    public int PieceAt(int node) => _trie.TextAt(node) is >= 0 and int text ? _ids[text] : -1;

    /// <summary>The node after one more character; -1 if no piece continues so.</summary>
    public int Step(int node, int code)
    {
        Span<byte> bytes = stackalloc byte[4];
        int length = new Rune(code).EncodeToUtf8(bytes);
        for (int i = 0; i < length && node >= 0; i++)
        {
            node = _trie.Step(node, bytes[i]);
        }

        return node;
    }
}
