using System.Globalization;

namespace TransformerXL.Files;

/// <summary>
/// Random bits for names of temporary files and seeds of hash tables; they protect no secret. They come from the framework's generator <see cref="Random.Shared"/>, which the operating system seeds, because that
/// of <c>System.Security.Cryptography</c> loads a library of 4 MiB.
/// </summary>
internal static class RandomBits
{
    /// <summary>Number of hexadecimal digits in <see cref="Name"/>.</summary>
    public const int Digits = 16;

    /// <summary>64 random bits.</summary>
    public static ulong Next() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    /// <summary>A part of a name that no other process chooses at the same time.</summary>
    public static string Name() => Next().ToString("x16", CultureInfo.InvariantCulture);
}
