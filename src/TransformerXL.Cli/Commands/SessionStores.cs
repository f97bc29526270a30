using TransformerXL.Inference.Serving;

namespace TransformerXL.Cli.Commands;

/// <summary>The session stores of <c>txl serve</c>.</summary>
internal static class SessionStores
{
    /// <summary>The store of a model by its name; null if there is none.</summary>
    /// <param name="place">The value of <c>--session-store</c>.</param>
    /// <param name="options">The limits of a folder.</param>
    public static Func<string, ISessionStore>? Of(string? place, FolderSessionStoreOptions options) =>
        place is null ? null : name => new FolderSessionStore(Path.Combine(place, FolderOf(name)), options);

    /// <summary>A valid folder name for any name of a model.</summary>
    public static string FolderOf(string model) =>
        model.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') ? model : Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(model));
}
