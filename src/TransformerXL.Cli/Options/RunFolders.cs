using System.CommandLine.Completions;
using TransformerXL.Files;

namespace TransformerXL.Cli.Options;

/// <summary>Completes the path of a run or of a model: folders that hold one, and parent folders, which end with a slash.</summary>
internal static class RunFolders
{
    private const int MaxFolders = 1000;

    public static IEnumerable<CompletionItem> Complete(CompletionContext context)
    {
        string word = context.WordToComplete;
        int slash = word.LastIndexOf('/');
        string folder = word[..(slash + 1)], begin = word[(slash + 1)..];
        return Folders(folder.Length == 0 ? "." : folder)
            .Select(path => (Path: path, Name: Path.GetFileName(path)))
            .Where(entry => entry.Name.StartsWith(begin, StringComparison.Ordinal) && (begin.Length > 0 || !entry.Name.StartsWith('.')))
            .Order()
            .Select(entry => new CompletionItem(folder + entry.Name + (File.Exists(Path.Combine(entry.Path, ModelFolderFiles.ConfigurationName)) ? "" : "/")));
    }

    private static string[] Folders(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Take(MaxFolders)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
