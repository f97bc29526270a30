using System.Text;

namespace TransformerXL.Text;

/// <summary>Collects the distinct code points of a text in constant memory.</summary>
internal readonly struct CodePointSet() : ICodePointSink
{
    private readonly bool[] _seen = new bool[0x110000];

    public void Add(int codePoint) => _seen[codePoint] = true;

    /// <summary>The code points in ascending order, which makes a vocabulary independent of the order of the text.</summary>
    public IEnumerable<Rune> Ascending()
    {
        for (int i = 0; i < _seen.Length; i++)
        {
            if (_seen[i])
            {
                yield return new Rune(i);
            }
        }
    }
}
