using TransformerXL.Text.BytePairs.Normalization;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Unicode's normalization forms (Unicode Standard Annex 15).</summary>
/// <param name="type">The name of the form: one of <see cref="Types"/>.</param>
internal sealed class UnicodeFormStep(string type) : TextStep
{
    private readonly bool _composes = type.EndsWith('C'), _isCompatible = type.Contains('K');

    public static string[] Types { get; } = ["NFC", "NFD", "NFKC", "NFKD"];

    public override string Type => type;

    public override void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part)
    {
        NormalizationTable table = NormalizationTable.Instance;
        List<int> parts = [];
        foreach (PlacedCharacter character in text)
        {
            if (character.Code < 0x80)
            {
                output.Add(character);
                continue;
            }

            parts.Clear();
            Decompose(table, character.Code, parts);
            foreach (int code in parts)
            {
                output.Add(character with { Code = code });
            }
        }

        CanonicalForm.Reorder(output.List);
        if (_composes)
        {
            CanonicalForm.Compose(output.List);
        }
    }

    private void Decompose(NormalizationTable table, int code, List<int> parts)
    {
        if (_isCompatible && CompatibilityTable.Instance.Find(code) is { } compatible)
        {
            foreach (int part in compatible)
            {
                Decompose(table, part, parts);
            }

            return;
        }

        int before = parts.Count;
        table.Decompose(code, parts);

        // A part of a canonical decomposition may have a compatibility decomposition.
        if (_isCompatible && parts.Count > before && parts[before] != code)
        {
            int[] canonical = [.. parts[before..]];
            parts.RemoveRange(before, canonical.Length);
            foreach (int part in canonical)
            {
                Decompose(table, part, parts);
            }
        }
    }
}
