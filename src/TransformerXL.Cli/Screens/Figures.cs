using System.Globalization;

namespace TransformerXL.Cli.Screens;

/// <summary>Formats numbers for display.</summary>
internal static class Figures
{
    /// <summary>A rate such as 12,345 tokens/s: a whole number above 100, three digits below.</summary>
    public static string Rate(double value) => value >= 100
        ? value.ToString("N0", CultureInfo.InvariantCulture)
        : value.ToString("G3", CultureInfo.InvariantCulture);

    /// <summary>12,345.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>1 layer, 12,345 layers.</summary>
    /// <param name="value">The count.</param>
    /// <param name="noun">What is counted, in the singular.</param>
    public static string Count(long value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : "s")}";

    /// <summary>3.47 million, or the number itself if it is small.</summary>
    public static string Large(long value) => value switch
    {
        >= 1_000_000_000 => (value / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " billion",
        >= 1_000_000 => (value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " million",
        _ => Count(value),
    };

    /// <summary>Bytes in the largest fitting unit.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => (bytes / (double)(1L << 30)).ToString("0.00", CultureInfo.InvariantCulture) + " GiB",
        >= 1L << 20 => (bytes / (double)(1L << 20)).ToString("0.0", CultureInfo.InvariantCulture) + " MiB",
        >= 1L << 10 => (bytes / (double)(1L << 10)).ToString("0.0", CultureInfo.InvariantCulture) + " KiB",
        _ => bytes.ToString(CultureInfo.InvariantCulture) + " bytes",
    };

    /// <summary>1:02:03, 2:03, or 3 d 4 h if it is long.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 0 } => "0:00",
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
        { TotalHours: >= 1 } => time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
        _ => time.ToString(@"m\:ss", CultureInfo.InvariantCulture),
    };

    /// <summary>A duration of one step: 12.3 ms or 4.56 s.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 1e-3 => (seconds * 1e6).ToString("G3", CultureInfo.InvariantCulture) + " µs",
        < 1 => (seconds * 1e3).ToString("G3", CultureInfo.InvariantCulture) + " ms",
        _ => seconds.ToString("G3", CultureInfo.InvariantCulture) + " s",
    };

    /// <summary>A loss in nats or bits, three decimals.</summary>
    public static string Loss(double value) => Fixed(value, 3);

    /// <summary>A number with that many decimals; without a minus where it is rounded to zero.</summary>
    public static string Fixed(double value, int decimals)
    {
        string text = value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAnyExcept("-0.") < 0 ? text.TrimStart('-') : text;
    }

    /// <summary>A learning rate or a norm: three digits, a power of ten if it is small.</summary>
    public static string Small(double value) => value != 0 && Math.Abs(value) < 0.01
        ? value.ToString("0.00e-0", CultureInfo.InvariantCulture)
        : value.ToString("G3", CultureInfo.InvariantCulture);
}
