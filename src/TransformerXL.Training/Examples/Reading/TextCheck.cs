using System.Globalization;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Checks that every reader makes of texts, labels and numbers.</summary>
internal static class TextCheck
{
    /// <summary>A text: not empty, without NUL, not too long.</summary>
    public static string Text(ExamplePlace place, string text, int longest)
    {
        place.Require(!string.IsNullOrWhiteSpace(text), "the text is empty; leave the example out, or give it a text");
        place.Require(text.Length <= longest, $"the text has {text.Length} characters, but a text may have at most {longest}; divide it, or allow longer ones");
        return WithoutNul(place, text);
    }

    /// <summary>A text without NUL.</summary>
    public static string WithoutNul(ExamplePlace place, string text)
    {
        place.Require(!text.Contains('\0', StringComparison.Ordinal), "a NUL character is in the text; remove it");
        return text;
    }

    /// <summary>A label: short, on one line.</summary>
    public static string Label(ExamplePlace place, string label)
    {
        const int Longest = 1000;
        place.Require(label.Length <= Longest, $"the label has {label.Length} characters, but a label may have at most {Longest}; is this the column of the labels?");
        place.Require(!label.AsSpan().ContainsAny('\0', '\n', '\r'), "the label holds a line break or a NUL character; is this the column of the labels?");
        return label;
    }

    /// <summary>A number to predict.</summary>
    public static double Number(ExamplePlace place, string text)
    {
        place.Require(
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number),
            $"'{Files.InputText.Show(text)}' is no number, but the labels are numbers");
        return number;
    }
}
