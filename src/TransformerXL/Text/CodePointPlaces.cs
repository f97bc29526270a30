namespace TransformerXL.Text;

/// <summary>
/// Places in a text as numbers of code points, which files of labelled data and most other languages count. Strings count UTF-16 units: a character outside the basic plane, such as an emoji, has two.
/// </summary>
internal sealed class CodePointPlaces
{
    /// <summary>The second units of all pairs, ascending.</summary>
    private readonly int[] _seconds;

    public CodePointPlaces(string text)
    {
        List<int> seconds = [];
        ReadOnlySpan<char> rest = text;
        for (int begin = 0, first; (first = rest[begin..].IndexOfAnyInRange('\uD800', '\uDBFF')) >= 0;)
        {
            begin += first + 1;
            if (begin < rest.Length && char.IsLowSurrogate(rest[begin]))
            {
                seconds.Add(begin);
            }
        }

        _seconds = [.. seconds];
    }

    /// <summary>The code points before a place in UTF-16 units; -1 stays -1.</summary>
    public int Of(int place)
    {
        int found = _seconds.AsSpan().BinarySearch(place);
        return place - (found < 0 ? ~found : found);
    }
}
