using System.Globalization;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>A set of code points: ranges, general categories and other sets, possibly complemented, possibly regardless of case.</summary>
internal sealed class CharacterSet
{
    private const int LongS = 0x17F, KelvinSign = 0x212A, CaseBit = 0x20;

    private readonly List<(int First, int Last)> _ranges = [];
    private readonly List<CharacterSet> _sets = [];
    private uint _categories;

    /// <summary>Whether the set is the complement of its members.</summary>
    public bool IsComplement { get; set; }

    /// <summary>Whether an ASCII letter matches both of its cases (and for U+017F and U+212A, which fold to <c>s</c> and <c>k</c>).</summary>
    public bool IgnoresCase { get; set; }

    public CharacterSet Add(int first, int last)
    {
        _ranges.Add((first, last));
        return this;
    }

    public CharacterSet Add(UnicodeCategory category)
    {
        _categories |= 1u << (int)category;
        return this;
    }

    public CharacterSet Add(CharacterSet set)
    {
        _sets.Add(set);
        return this;
    }

    public bool Contains(int codePoint, UnicodeCategory category)
    {
        bool found = ContainsExactly(codePoint, category);
        if (!found && IgnoresCase && OtherCase(codePoint) is >= 0 and int letter)
        {
            UnicodeCategory lower = UnicodeCategory.LowercaseLetter, upper = UnicodeCategory.UppercaseLetter;
            found = ContainsExactly(letter, lower) || ContainsExactly(letter & ~CaseBit, upper);
        }
        return found != IsComplement;
    }

    /// <summary>Adds the code points at which membership may change, other than those where a category begins.</summary>
    public void AddBoundaries(ISet<int> boundaries)
    {
        foreach ((int first, int last) in _ranges)
        {
            boundaries.Add(first);
            boundaries.Add(last + 1);
        }
        foreach (CharacterSet set in _sets)
        {
            set.AddBoundaries(boundaries);
        }
        if (IgnoresCase)
        {
            boundaries.UnionWith(Enumerable.Range('A', 27).Concat(Enumerable.Range('a', 27)).Concat([LongS, LongS + 1, KelvinSign, KelvinSign + 1]));
        }
    }

    /// <summary>The lower case of a code point that folds to an ASCII letter, or -1.</summary>
    private static int OtherCase(int codePoint) => codePoint switch
    {
        LongS => 's',
        KelvinSign => 'k',
        < 0x80 when char.IsAsciiLetter((char)codePoint) => codePoint | CaseBit,
        _ => -1,
    };

    private bool ContainsExactly(int codePoint, UnicodeCategory category)
    {
        if ((_categories >> (int)category & 1) != 0)
        {
            return true;
        }
        foreach ((int first, int last) in _ranges)
        {
            if (codePoint >= first && codePoint <= last)
            {
                return true;
            }
        }
        foreach (CharacterSet set in _sets)
        {
            if (set.Contains(codePoint, category))
            {
                return true;
            }
        }
        return false;
    }
}
