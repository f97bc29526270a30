using System.Globalization;

namespace TransformerXL.Analysis.Reports;

/// <summary>
/// Colours, dashes and markers of lines by index. The colours are those of Okabe and Ito (2008), which people with
/// any kind of colour vision can distinguish; dashes and markers distinguish lines in black-and-white print.
/// </summary>
internal static class SeriesLook
{
    private const int Looks = 7;

    private static readonly string[] Markers =
    [
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", // circle
        "M-3.6-3.6h7.2v7.2h-7.2z", // square
        "M0-4.6L4.4 3.4H-4.4z", // triangle
        "M0-5L4 0L0 5L-4 0z", // diamond
        "M0 4.6L4.4-3.4H-4.4z", // triangle on its head
        "M-1.4-4.4h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z", // plus
        "M-4.6 0L-1.4-1.4L0-4.6L1.4-1.4L4.6 0L1.4 1.4L0 4.6L-1.4 1.4z", // star
    ];

    /// <summary>The class of the style sheet.</summary>
    public static string Class(int series) => "s" + (series % Looks).ToString(CultureInfo.InvariantCulture);

    /// <summary>The outline of the marker around the origin, in pixels.</summary>
    public static string Marker(int series) => Markers[series % Looks];
}
