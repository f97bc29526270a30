using System.Globalization;
using System.Text;

namespace TransformerXL.Text;

/// <summary>
/// White space and lower case as defined by Unicode and Python. .NET differs in two ways that matter here: its
/// lower case maps character by character, and it does not count the separators U+001C to U+001F as white space.
/// </summary>
internal static class UnicodeText
{
    private const char CapitalSigma = '\u03A3', Sigma = '\u03C3', FinalSigma = '\u03C2', DottedCapitalI = '\u0130';

    public static bool IsWhiteSpace(int codePoint) =>
        codePoint is 0x20 or (>= 0x09 and <= 0x0D) or (>= 0x1C and <= 0x1F) || (codePoint >= 0x80 && Rune.IsWhiteSpace(new Rune(codePoint)));

    /// <summary>The text without white space at both ends. All white space is in the basic plane.</summary>
    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && !char.IsSurrogate(text[0]) && IsWhiteSpace(text[0]))
        {
            text = text[1..];
        }

        while (!text.IsEmpty && !char.IsSurrogate(text[^1]) && IsWhiteSpace(text[^1]))
        {
            text = text[..^1];
        }

        return text;
    }

    /// <summary>The text in lower case: unchanged text is returned itself, changed text is in <paramref name="buffer"/>, which grows as needed.</summary>
    public static ReadOnlySpan<char> ToLower(ReadOnlySpan<char> text, ref char[] buffer)
    {
        int first = text.IndexOfAnyExceptInRange('a', 'z');
        if (first < 0)
        {
            return text;
        }

        // One UTF-16 unit becomes at most three.
        if (buffer.Length < 3 * text.Length)
        {
            buffer = new char[3 * text.Length];
        }

        text[..first].CopyTo(buffer);
        int length = first;
        for (int i = first; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int consumed);
            length += Lower(rune, text, i, buffer.AsSpan(length));
            i += consumed;
        }

        return buffer.AsSpan(0, length);
    }

    private static int Lower(Rune rune, ReadOnlySpan<char> text, int index, Span<char> destination)
    {
        switch (rune.Value)
        {
            case < 0x80:
                destination[0] = char.ToLowerInvariant((char)rune.Value);
                return 1;
            case DottedCapitalI:
                destination[0] = 'i';
                destination[1] = '\u0307';
                return 2;
            case CapitalSigma:
                destination[0] = IsFinal(text, index) ? FinalSigma : Sigma;
                return 1;
            default:
                return Rune.ToLowerInvariant(rune).EncodeToUtf16(destination);
        }
    }

    /// <summary>Final_Sigma of the Unicode standard, section 3.13: a cased letter before, none after, skipping case-ignorable characters.</summary>
    private static bool IsFinal(ReadOnlySpan<char> text, int index)
    {
        ReadOnlySpan<char> before = text[..index], after = text[(index + 1)..];
        Rune rune = default;
        bool found = false;
        while (!found && !before.IsEmpty)
        {
            Rune.DecodeLastFromUtf16(before, out rune, out int consumed);
            before = before[..^consumed];
            found = !IsCaseIgnorable(rune);
        }

        if (!found || !IsCased(rune))
        {
            return false;
        }

        for (found = false; !found && !after.IsEmpty;)
        {
            Rune.DecodeFromUtf16(after, out rune, out int consumed);
            after = after[consumed..];
            found = !IsCaseIgnorable(rune);
        }

        return !found || !IsCased(rune);
    }

    /// <summary>The property Cased, except for letters that are also case-ignorable, which callers have skipped.</summary>
    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0x00AA or 0x00BA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>The property Case_Ignorable: marks, format characters, modifiers, and punctuation within words (Word_Break MidLetter, MidNumLet, Single_Quote).</summary>
    private static bool IsCaseIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is 0x0027 or 0x002E or 0x003A or 0x00B7 or 0x0387 or 0x055F or 0x05F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
}
