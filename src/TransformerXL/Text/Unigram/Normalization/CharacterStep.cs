using System.Globalization;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Changes or removes single characters.</summary>
/// <param name="type">The name of the rule: one of <see cref="Types"/>.</param>
internal sealed class CharacterStep(string type) : TextStep
{
    public const string Nmt = "Nmt", Lowercase = "Lowercase", StripAccents = "StripAccents";

    public static string[] Types { get; } = [Nmt, Lowercase, StripAccents];

    public override string Type => type;

    public override void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part)
    {
        foreach (PlacedCharacter character in text)
        {
            if (type == Lowercase)
            {
                Lower(character, output);
            }
            else if (type == Nmt ? !IsControl(character.Code) : !IsMark(character.Code))
            {
                output.Add(type == Nmt && IsSpace(character.Code) ? character with { Code = ' ' } : character);
            }
        }
    }

    private static void Lower(PlacedCharacter character, PlacedText output)
    {
        output.Add(character with { Code = WordPieceCharacters.Lower(character.Code) });
        if (character.Code == WordPieceCharacters.DottedCapitalI)
        {
            output.Add(character with { Code = WordPieceCharacters.DotAbove });
        }
    }

    private static bool IsMark(int code) =>
        CharUnicodeInfo.GetUnicodeCategory(code) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Controls that the rules of neural machine translation remove.</summary>
    private static bool IsControl(int code) => code is (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F;

    /// <summary>What these rules count as a space.</summary>
    private static bool IsSpace(int code) => code is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
}
