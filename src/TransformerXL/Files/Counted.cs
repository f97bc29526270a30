using System.Globalization;

namespace TransformerXL.Files;

/// <summary>Counts in messages.</summary>
internal static class Counted
{
    /// <summary>1 word, 2 words.</summary>
    /// <param name="count">The count.</param>
    /// <param name="noun">What is counted, in the singular.</param>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
