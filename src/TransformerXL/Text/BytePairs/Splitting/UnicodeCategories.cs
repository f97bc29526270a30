using System.Globalization;

namespace TransformerXL.Text.BytePairs.Splitting;

/// <summary>General categories of Unicode by name and by code point.</summary>
internal static class UnicodeCategories
{
    public const int CodePoints = 0x110000;

    private static readonly string[] s_names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Lazy<(int Start, UnicodeCategory Category)[]> s_runs = new(FindRuns);

    /// <summary>The code points at which the category changes.</summary>
    public static ReadOnlySpan<(int Start, UnicodeCategory Category)> Runs => s_runs.Value;

    /// <summary>The set of a category (<c>Lu</c>) or of all with the same first letter (<c>L</c>); null if there is none.</summary>
    public static CharacterSet? Parse(string name)
    {
        var set = new CharacterSet();
        bool found = false;
        for (int i = 0; i < s_names.Length; i++)
        {
            if (s_names[i] == name || (name.Length == 1 && s_names[i][0] == name[0]))
            {
                set.Add((UnicodeCategory)i);
                found = true;
            }
        }
        return found ? set : null;
    }

    /// <summary>White space (the property White_Space).</summary>
    public static CharacterSet Space() => new CharacterSet().Add('\t', '\r').Add(0x85, 0x85)
        .Add(UnicodeCategory.SpaceSeparator).Add(UnicodeCategory.LineSeparator).Add(UnicodeCategory.ParagraphSeparator);

    private static (int, UnicodeCategory)[] FindRuns()
    {
        List<(int, UnicodeCategory)> runs = [];
        UnicodeCategory? last = null;
        for (int codePoint = 0; codePoint < CodePoints; codePoint++)
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(codePoint);
            if (category != last)
            {
                runs.Add((codePoint, category));
                last = category;
            }
        }
        return [.. runs];
    }
}
