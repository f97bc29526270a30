using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>Labels of the ticks of an axis, all in one format: 0, 20k, 40k; or 0, 2.5e-4, 5e-4.</summary>
internal static class AxisLabels
{
    private const double MinWithSuffix = 1e4, MaxWithSuffix = 1e16, MinPlain = 1e-3;
    private const int MaxDecimals = 9;

    private static readonly (double Unit, string Suffix)[] Suffixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

    /// <summary>A label for each tick; different ticks have different labels.</summary>
    public static string[] For(IReadOnlyList<double> ticks)
    {
        double largest = ticks.Count == 0 ? 0 : ticks.Max(Math.Abs);
        (double unit, string suffix) = Form(largest);
        for (int decimals = 0; ; decimals++)
        {
            string[] labels = [.. ticks.Select(tick => Text(tick, unit, suffix, decimals))];
            if (decimals == MaxDecimals || ticks.Zip(labels).All(pair => IsExact(pair.First, unit, decimals)))
            {
                return labels;
            }
        }
    }

    /// <summary>A value in a sentence: four digits and a suffix or a power of ten.</summary>
    public static string Value(double value)
    {
        if (!double.IsFinite(value))
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        (double unit, string suffix) = Form(Math.Abs(value));
        return unit == 1 || suffix.StartsWith('e') ? value.ToString(Math.Abs(value) is > 0 and < MinPlain ? "0.###e-0" : "G4", CultureInfo.InvariantCulture) : (value / unit).ToString("G4", CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>A value of a data table, with the precision of float32.</summary>
    public static string Data(double value) => value.ToString("G7", CultureInfo.InvariantCulture);

    private static (double Unit, string Suffix) Form(double largest)
    {
        if (largest is >= MinWithSuffix and < MaxWithSuffix)
        {
            return Suffixes.First(form => largest >= form.Unit);
        }

        if (largest is >= MinPlain or 0 && largest < MaxWithSuffix)
        {
            return (1, "");
        }

        int exponent = (int)Math.Floor(Math.Log10(largest) + 1e-9);
        return (Math.Pow(10, exponent), "e" + exponent.ToString(CultureInfo.InvariantCulture));
    }

    private static string Text(double tick, double unit, string suffix, int decimals) =>
        tick == 0 ? "0" : (tick / unit).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + suffix;

    private static bool IsExact(double tick, double unit, int decimals)
    {
        double value = tick / unit;
        return Math.Abs(Math.Round(value, decimals) - value) <= 1e-9 * Math.Max(1e-6, Math.Abs(value));
    }
}
