using System.Globalization;
using System.Text;

namespace TransformerXL.Analysis.Reports;

/// <summary>Colours for values that colour-blind readers can distinguish: lightness changes evenly, and no information is in the hue alone.</summary>
internal sealed class ColorScale
{
    /// <summary>Number of distinguishable colours.</summary>
    internal const int Levels = 32;

    private static readonly int[] Cividis = [0x00204d, 0x31446b, 0x666970, 0x958f78, 0xcbba69, 0xffea46];
    private static readonly int[] BlueToVermillion = [0x0072b2, 0x80b8d8, 0xf4f4f4, 0xeaae80, 0xd55e00];

    // On a dark page zero is as dark as the page, and colours get lighter with the distance from zero.
    private static readonly int[] BlueToVermillionOnDark = [0x7cc4f0, 0x2a6f9e, 0x23282e, 0xa8541c, 0xf5a56a];

    private readonly char _name;

    private ColorScale(double min, double max, char name) => (Minimum, Maximum, _name) = (min, max, name);

    /// <summary>The value with the first colour.</summary>
    public double Minimum { get; }

    /// <summary>The value with the last colour.</summary>
    public double Maximum { get; }

    /// <summary>Dark blue to yellow, by way of grey (cividis: Nuñez, Anderson and Renslow 2018).</summary>
    public static ColorScale Sequential(double min, double max) => new(min, max, 'q');

    /// <summary>Blue below zero, vermillion above, for values from -limit to limit.</summary>
    public static ColorScale Diverging(double limit) => new(-limit, limit, 'd');

    /// <summary>The index of the colour of a value, from 0; values outside the range get the nearest.</summary>
    internal int Level(double value)
    {
        double share = Maximum > Minimum ? (value - Minimum) / (Maximum - Minimum) : 0;
        return (int)Math.Clamp(share * Levels, 0, Levels - 1);
    }

    /// <summary>The class of the style sheet for a colour.</summary>
    internal string Class(int level) => string.Create(CultureInfo.InvariantCulture, $"{_name}{level}");

    /// <summary>The rules of all classes, for light pages and print, and for dark pages.</summary>
    internal static string Styles()
    {
        StringBuilder rules = new();
        for (int level = 0; level < Levels; level++)
        {
            rules.Append(CultureInfo.InvariantCulture, $".q{level} {{ fill: {Color(Cividis, level)}; }} .d{level} {{ fill: {Color(BlueToVermillion, level)}; }}\n");
        }

        AppendDark("@media screen and (prefers-color-scheme: dark) {\n", ":root:not([data-theme=\"light\"]) ", "}\n");
        AppendDark("@media screen {\n", ":root[data-theme=\"dark\"] ", "}\n");
        return rules.ToString();

        void AppendDark(string begin, string root, string end)
        {
            rules.Append(begin);
            for (int level = 0; level < Levels; level++)
            {
                rules.Append(CultureInfo.InvariantCulture, $"{root}.d{level} {{ fill: {Color(BlueToVermillionOnDark, level)}; }}\n");
            }

            rules.Append(end);
        }
    }

    /// <summary>A colour as CSS writes it.</summary>
    private static string Color(int[] anchors, int level)
    {
        double place = (double)level / (Levels - 1) * (anchors.Length - 1);
        int below = Math.Min((int)place, anchors.Length - 2);
        int color = 0;
        for (int shift = 16; shift >= 0; shift -= 8)
        {
            int from = (anchors[below] >> shift) & 0xff, to = (anchors[below + 1] >> shift) & 0xff;
            color |= (int)Math.Round(from + ((to - from) * (place - below))) << shift;
        }

        return "#" + color.ToString("x6", CultureInfo.InvariantCulture);
    }
}
