using System.Globalization;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// Formats external text for messages: truncated, and with visible escapes in place of characters that a terminal would interpret
/// (control characters), that change the display order of other text, or that are invisible.
/// </summary>
public static class InputText
{
    /// <summary>Maximum number of characters that <see cref="Show"/> keeps.</summary>
    public const int MaxOfValue = 120;

    /// <summary>Maximum number of characters that <see cref="ShowMessage"/> keeps.</summary>
    public const int MaxOfMessage = 4096;

    /// <summary>A single value: its beginning, and <c>...</c> where it is longer.</summary>
    /// <param name="text">The value.</param>
    /// <param name="max">Maximum number of characters.</param>
    public static string Show(ReadOnlySpan<char> text, int max = MaxOfValue)
    {
        if (text.Length <= max && IsFit(text))
        {
            return text.ToString();
        }

        var shown = new StringBuilder(Math.Min(text.Length, max) + 3);
        Append(shown, text[..Math.Min(text.Length, max)]);
        return text.Length > max ? shown.Append("...").ToString() : shown.ToString();
    }

    /// <summary>A whole message, which may quote several values; if it is too long, its middle is left out, because the end has the remedy.</summary>
    public static string ShowMessage(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Length <= MaxOfMessage && IsFit(message))
        {
            return message;
        }

        const int End = MaxOfMessage / 4, Begin = MaxOfMessage - End;
        var shown = new StringBuilder(Math.Min(message.Length, MaxOfMessage) + 64);
        if (message.Length <= MaxOfMessage)
        {
            Append(shown, message);
            return shown.ToString();
        }

        Append(shown, message.AsSpan(0, Begin));
        shown.Append(CultureInfo.InvariantCulture, $" [... {message.Length - MaxOfMessage} characters left out ...] ");
        Append(shown, message.AsSpan(message.Length - End));
        return shown.ToString();
    }

    private static bool IsFit(ReadOnlySpan<char> text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            // A lone surrogate is enumerated as U+FFFD.
            if (rune == Rune.ReplacementChar || IsUnfit(rune))
            {
                return false;
            }
        }

        return true;
    }

    private static void Append(StringBuilder shown, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf16(text, out Rune rune, out int used) == System.Buffers.OperationStatus.Done;
            if (whole && !IsUnfit(rune))
            {
                shown.Append(text[..used]);
            }
            else
            {
                shown.Append(text[0] switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => Escape(whole ? rune.Value : text[0]) });
            }

            text = text[used..];
        }
    }

    private static string Escape(int value) => value <= char.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"\\u{value:x4}")
        : string.Create(CultureInfo.InvariantCulture, $"\\U{value:x8}");

    /// <summary>Control characters, and those of the category Format, among them the marks that turn the direction of writing around.</summary>
    private static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
