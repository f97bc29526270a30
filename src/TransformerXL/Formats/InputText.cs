using System.Text;

namespace TransformerXL.Formats;

/// <summary>Text from outside made fit for an error message.</summary>
internal static class InputText
{
    private const int Longest = 120;

    /// <summary>The text, cut where it is too long, its control characters and lone surrogates (which a terminal would obey or garble) replaced.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder(Math.Min(text.Length, Longest) + 3);
        foreach (Rune rune in text.AsSpan(0, Math.Min(text.Length, Longest)).EnumerateRunes())
        {
            shown.Append(Rune.IsControl(rune) ? Rune.ReplacementChar : rune);
        }

        return text.Length > Longest ? shown.Append("...").ToString() : shown.ToString();
    }
}
