using System.Text.RegularExpressions;
using TransformerXL.Files;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Cli.Commands;

/// <summary>The session stores of <c>txl serve</c>.</summary>
internal static partial class SessionStores
{
    /// <summary>The store of a model by its name; null if there is none.</summary>
    /// <param name="place">The value of <c>--session-store</c>.</param>
    /// <param name="options">The limits of a folder.</param>
    public static Func<string, ISessionStore>? Of(string? place, FolderSessionStoreOptions options) =>
        place is null ? null : name => new FolderSessionStore(Path.Combine(place, FolderOf(name)), options);

    /// <summary>Refuses a place that is neither a folder nor a Redis, such as an address with a mistyped scheme, which would become folders of that name.</summary>
    /// <exception cref="InputException">It is empty, or looks like an address.</exception>
    public static string? Check(string? place)
    {
        bool isFolder = place is null || RedisPlace.Is(place) || (place.Length > 0 && !Address().IsMatch(place)) || Directory.Exists(place);
        return isFolder ? place : throw new InputException($"--session-store is '{InputText.Show(RedisPlace.WithoutPassword(place!))}', but must be a folder, redis://HOST:PORT or rediss://HOST:PORT");
    }

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9+.-]+://|rediss?:)", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    /// <summary>A valid folder name for any name of a model.</summary>
    public static string FolderOf(string model) =>
        model.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') ? model : Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(model));
}
