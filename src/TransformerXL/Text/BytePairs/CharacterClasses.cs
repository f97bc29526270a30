using System.Buffers;
using System.Globalization;
using System.Text;

namespace TransformerXL.Text.BytePairs;

/// <summary>Finds the class of a character in UTF-8 that may be invalid.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_ascii = [.. Enumerable.Range(0, 0x80).Select(value => Of(new Rune(value)))];

    /// <summary>The classes of U+0000 to U+007F.</summary>
    public static ReadOnlySpan<CharacterClass> Ascii => s_ascii;

    /// <summary>The class of the character at the beginning of <paramref name="text"/> and its length in bytes.</summary>
    /// <param name="text">Not empty.</param>
    /// <param name="ended">True if nothing follows; otherwise an incomplete character at the end is <see cref="CharacterClass.None"/>.</param>
    /// <param name="length">Bytes of the character.</param>
    public static CharacterClass First(ReadOnlySpan<byte> text, bool ended, out int length)
    {
        if (text[0] < 0x80)
        {
            length = 1;
            return s_ascii[text[0]];
        }
        OperationStatus status = Rune.DecodeFromUtf8(text, out Rune rune, out length);
        if (status == OperationStatus.Done)
        {
            return Of(rune);
        }
        if (status == OperationStatus.NeedMoreData && !ended)
        {
            return CharacterClass.None;
        }
        // The bytes after the first are continuation bytes, which would each be classified as "other" too.
        length = 1;
        return CharacterClass.Other;
    }

    private static CharacterClass Of(Rune rune)
    {
        if (Rune.IsWhiteSpace(rune))
        {
            return CharacterClass.Space;
        }
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
