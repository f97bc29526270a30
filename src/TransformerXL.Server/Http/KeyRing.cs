using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Http;

/// <summary>
/// The keys that may use the server. Only their SHA-256 is kept; a given key is compared with all of them in constant time. What belongs to
/// a key is stored under its <see cref="OwnerOf"/>, which does not reveal the key.
/// </summary>
internal sealed class KeyRing
{
    private const string Scheme = "Bearer ";
    private const int OwnerBytes = 12;

    private readonly byte[][] _hashes;

    public KeyRing(IEnumerable<string> keys) => _hashes = [.. keys.Distinct(StringComparer.Ordinal).Select(Hash)];

    /// <summary>Whether the server is open to everyone who reaches it.</summary>
    public bool IsEmpty => _hashes.Length == 0;

    /// <summary>The name under which sessions of a key are kept: the beginning of its SHA-256 in hexadecimal.</summary>
    public static string OwnerOf(string key) => Owner(Hash(key));

    /// <summary>The owner whose key a request carries; null if it carries none of the keys.</summary>
    public string? Find(HttpRequest request)
    {
        if (IsEmpty)
        {
            return "";
        }

        if (Given(request) is not { } key)
        {
            return null;
        }

        byte[] hash = Hash(key);
        bool found = false;
        foreach (byte[] known in _hashes)
        {
            found |= CryptographicOperations.FixedTimeEquals(hash, known);
        }

        return found ? Owner(hash) : null;
    }

    private static string? Given(HttpRequest request)
    {
        string? authorization = request.Headers.Authorization;
        if (authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true)
        {
            return authorization[Scheme.Length..].Trim();
        }

        string? key = request.Headers["x-api-key"];
        return key ?? request.Headers["api-key"];
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Owner(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, OwnerBytes));
}
