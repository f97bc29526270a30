using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>Colours for values, the same for every reader: lightness grows evenly, and hue alone never tells anything.</summary>
public sealed class ColorScale
{
    /// <summary>Colours that are told apart; finer steps would not be seen.</summary>
    internal const int Levels = 32;

    private static readonly int[] Cividis = [0x00204d, 0x31446b, 0x666970, 0x958f78, 0xcbba69, 0xffea46];
    private static readonly int[] BlueToVermillion = [0x0072b2, 0x80b8d8, 0xf4f4f4, 0xeaae80, 0xd55e00];

    private readonly int[] _anchors;

    private ColorScale(double least, double greatest, int[] anchors) => (Least, Greatest, _anchors) = (least, greatest, anchors);

    /// <summary>The value with the first colour.</summary>
    public double Least { get; }

    /// <summary>The value with the last colour.</summary>
    public double Greatest { get; }

    /// <summary>Dark blue to yellow, by way of grey (cividis: Nuñez, Anderson and Renslow 2018).</summary>
    public static ColorScale Sequential(double least, double greatest) => new(least, greatest, Cividis);

    /// <summary>Blue below zero, vermillion above, for values from -limit to limit.</summary>
    public static ColorScale Diverging(double limit) => new(-limit, limit, BlueToVermillion);

    /// <summary>The number of the colour of a value, from 0; values outside have the nearest.</summary>
    internal int Level(double value)
    {
        double share = Greatest > Least ? (value - Least) / (Greatest - Least) : 0;
        return (int)Math.Clamp(share * Levels, 0, Levels - 1);
    }

    /// <summary>A colour as CSS writes it.</summary>
    internal string Color(int level)
    {
        double place = (double)level / (Levels - 1) * (_anchors.Length - 1);
        int below = Math.Min((int)place, _anchors.Length - 2);
        int color = 0;
        for (int shift = 16; shift >= 0; shift -= 8)
        {
            int from = (_anchors[below] >> shift) & 0xff, to = (_anchors[below + 1] >> shift) & 0xff;
            color |= (int)Math.Round(from + ((to - from) * (place - below))) << shift;
        }

        return "#" + color.ToString("x6", CultureInfo.InvariantCulture);
    }
}
