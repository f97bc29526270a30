using System.Globalization;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>
/// Partitions code points into kinds: two have the same kind if and only if every set of a pattern contains both or neither. A byte that is not part of valid
/// UTF-8 has the kind of U+FFFD.
/// </summary>
internal sealed class CharacterKinds
{
    /// <summary>Maximum number of kinds; common patterns need about 20.</summary>
    public const int MaxCount = 128;

    private const int PageBits = 7, PageSize = 1 << PageBits, Replacement = 0xFFFD;

    private readonly List<bool[]> _members = [];
    private readonly ushort[] _pageOf = new ushort[UnicodeCategories.CodePoints >> PageBits];
    private readonly List<byte[]> _pages = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<int, ushort> _uniformPages = [];

    /// <exception cref="InputException">The sets distinguish too many kinds of characters.</exception>
    public CharacterKinds(IReadOnlyList<CharacterSet> sets)
    {
        var boundaries = new SortedSet<int>();
        foreach (CharacterSet set in sets)
        {
            set.AddBoundaries(boundaries);
        }
        Fill(Intervals(boundaries, sets));
        Invalid = Of(Replacement);
    }

    /// <summary>Number of kinds.</summary>
    public int Count => _members.Count;

    /// <summary>The kind of a byte that is not part of valid UTF-8.</summary>
    public int Invalid { get; }

    /// <summary>The kinds of U+0000 to U+007F.</summary>
    public ReadOnlySpan<byte> Ascii => _pages[_pageOf[0]];

    public int Of(int codePoint) => _pages[_pageOf[codePoint >> PageBits]][codePoint & (PageSize - 1)];

    /// <summary>Whether a set, by its number, holds the characters of a kind.</summary>
    public bool IsMember(int kind, int set) => _members[kind][set];

    private List<(int Start, int Kind)> Intervals(SortedSet<int> boundaries, IReadOnlyList<CharacterSet> sets)
    {
        List<(int Start, int Kind)> intervals = [];
        ReadOnlySpan<(int Start, UnicodeCategory Category)> runs = UnicodeCategories.Runs;
        int[] places = [.. boundaries];
        int next = 0;
        for (int i = 0; i < runs.Length; i++)
        {
            int end = i + 1 < runs.Length ? runs[i + 1].Start : UnicodeCategories.CodePoints;
            Add(runs[i].Start, runs[i].Category);
            for (; next < places.Length && places[next] < end; next++)
            {
                Add(places[next], runs[i].Category);
            }
        }
        return intervals;

        void Add(int start, UnicodeCategory category)
        {
            int kind = KindOf(start, category, sets);
            if (intervals.Count == 0 || intervals[^1].Kind != kind)
            {
                intervals.Add((start, kind));
            }
        }
    }

    private int KindOf(int codePoint, UnicodeCategory category, IReadOnlyList<CharacterSet> sets)
    {
        Span<char> signature = stackalloc char[sets.Count];
        for (int i = 0; i < signature.Length; i++)
        {
            signature[i] = sets[i].Contains(codePoint, category) ? '1' : '0';
        }
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> numbers = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!numbers.TryGetValue(signature, out int kind))
        {
            if (_members.Count == MaxCount)
            {
                throw new InputException($"it distinguishes more than {MaxCount} kinds of characters");
            }
            kind = _members.Count;
            numbers[signature] = kind;
            bool[] members = new bool[sets.Count];
            for (int i = 0; i < members.Length; i++)
            {
                members[i] = signature[i] == '1';
            }
            _members.Add(members);
        }
        return kind;
    }

    private void Fill(List<(int Start, int Kind)> intervals)
    {
        int interval = 0;
        for (int page = 0; page < _pageOf.Length; page++)
        {
            int first = page << PageBits, last = first + PageSize - 1;
            while (interval + 1 < intervals.Count && intervals[interval + 1].Start <= first)
            {
                interval++;
            }
            bool isUniform = interval + 1 == intervals.Count || intervals[interval + 1].Start > last;
            if (isUniform && _uniformPages.TryGetValue(intervals[interval].Kind, out _pageOf[page]))
            {
                continue;
            }
            byte[] kinds = new byte[PageSize];
            for (int codePoint = first; codePoint <= last; codePoint++)
            {
                interval += interval + 1 < intervals.Count && intervals[interval + 1].Start <= codePoint ? 1 : 0;
                kinds[codePoint - first] = (byte)intervals[interval].Kind;
            }
            _pageOf[page] = (ushort)_pages.Count;
            _pages.Add(kinds);
            if (isUniform)
            {
                _uniformPages.Add(intervals[interval].Kind, _pageOf[page]);
            }
        }
    }
}
