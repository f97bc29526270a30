using System.Globalization;
using System.Text;

namespace TransformerXL.Text.WordPieces;

/// <summary>The classes of characters that BERT's tokenizer distinguishes (Devlin et al. 2019, the published code).</summary>
internal static class WordPieceCharacters
{
    /// <summary>The only character whose lower case is two: <c>i</c> and <see cref="DotAbove"/>.</summary>
    public const int DottedCapitalI = 0x130;

    /// <summary>The combining dot above.</summary>
    public const int DotAbove = 0x307;

    /// <summary>The lower case of a character; of <see cref="DottedCapitalI"/> its first character.</summary>
    public static int Lower(int code) => code switch
    {
        DottedCapitalI => 'i',
        0x212A => 'k',
        _ => Rune.ToLowerInvariant(new Rune(code)).Value,
    };

    /// <summary>White space: the property White_Space.</summary>
    public static bool IsSpace(int code) => code is (>= '\t' and <= '\r') or 0x85
        || CharUnicodeInfo.GetUnicodeCategory(code) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Characters that cleaning removes: NUL, U+FFFD, control characters except tab and line breaks, format characters and private use.</summary>
    public static bool IsLeftOut(int code) => code is 0 or 0xFFFD || (code is not ('\t' or '\n' or '\r')
        && CharUnicodeInfo.GetUnicodeCategory(code) is (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse));

    /// <summary>Chinese characters: the CJK Unified Ideographs and their extensions and compatibility forms. Japanese and Korean alphabets are not among them.</summary>
    public static bool IsChinese(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>Punctuation: the categories P, and all of ASCII that is neither letter, digit, control nor space.</summary>
    public static bool IsPunctuation(int code) => code is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        || CharUnicodeInfo.GetUnicodeCategory(code) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
}
