namespace TransformerXL.Training.Examples.Reading;

/// <summary>Offsets that count code points, as Python does, in strings that count UTF-16 units.</summary>
internal static class CodePoints
{
    /// <summary>The index of the code point with a number; the length for the end; -1 if there are fewer.</summary>
    public static int IndexOf(string text, int number)
    {
        if (number <= text.Length && !text.AsSpan(0, number).ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return number;
        }

        int index = 0;
        for (; number > 0 && index < text.Length; number--)
        {
            index += char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) ? 2 : 1;
        }

        return number == 0 ? index : -1;
    }

    /// <summary>How many code points a text has.</summary>
    public static int Count(string text) => text.EnumerateRunes().Count();
}
