namespace TransformerXL.Text.BytePairs.Normalization;

/// <summary>The last two steps of Unicode's normalization forms, after the decomposition (Unicode Standard Annex 15).</summary>
internal static class CanonicalForm
{
    /// <summary>Sorts each run of marks by class; the sort is stable.</summary>
    public static void Reorder(List<PlacedCharacter> text)
    {
        NormalizationTable table = NormalizationTable.Instance;
        for (int begin = 0; begin < text.Count; begin++)
        {
            int end = begin;
            while (end < text.Count && table.ClassOf(text[end].Code) != 0)
            {
                end++;
            }

            if (end - begin > 1)
            {
                PlacedCharacter[] sorted = [.. text[begin..end].OrderBy(character => table.ClassOf(character.Code))];
                for (int i = begin; i < end; i++)
                {
                    text[i] = sorted[i - begin];
                }
            }

            begin = end;
        }
    }

    /// <summary>Composes each starter with what follows it and is not blocked by a mark of the same or a higher class between them.</summary>
    public static void Compose(List<PlacedCharacter> text)
    {
        NormalizationTable table = NormalizationTable.Instance;
        int kept = 0, starter = -1, lastClass = 0;
        for (int i = 0; i < text.Count; i++)
        {
            int code = text[i].Code, itsClass = table.ClassOf(code);
            bool isAdjacent = starter == kept - 1;
            if (starter >= 0 && (isAdjacent || lastClass < itsClass) && table.Compose(text[starter].Code, code) is >= 0 and int composite)
            {
                text[starter] = new PlacedCharacter(composite, text[starter].Start, Math.Max(text[starter].End, text[i].End));
                continue;
            }

            if (itsClass == 0)
            {
                starter = kept;
            }

            lastClass = itsClass;
            text[kept++] = text[i];
        }

        text.RemoveRange(kept, text.Count - kept);
    }
}
