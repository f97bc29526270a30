using System.Text.Json;

namespace TransformerXL.Tests;

/// <summary>Finds the reference fixtures: the copies in the repository, and the folder in TXL_FIXTURES if that is set.</summary>
internal static class FixtureFolders
{
    public static string Repository { get; } = FindRepository();

    /// <summary>The folders that hold case folders.</summary>
    public static IEnumerable<string> Roots()
    {
        yield return Path.Combine(Repository, "tests", "Fixtures");
        if (Environment.GetEnvironmentVariable("TXL_FIXTURES") is { Length: > 0 } given)
        {
            yield return given;
        }
    }

    /// <summary>All case folders, in the order of their names.</summary>
    public static IEnumerable<string> All() => Roots().SelectMany(Directory.GetDirectories)
        .Where(folder => File.Exists(Path.Combine(folder, "case.json"))).Order(StringComparer.Ordinal);

    /// <summary>The folders of all cases of a kind, which stands in their <c>case.json</c>. What a case is called says nothing.</summary>
    public static IEnumerable<string> OfKind(params string[] kinds) => All().Where(folder => kinds.Contains(KindOf(folder)));

    /// <summary>The one case of a kind in the repository, for tests that need any file of that kind.</summary>
    public static string InRepository(string kind) =>
        OfKind(kind).First(folder => folder.StartsWith(Path.Combine(Repository, "tests"), StringComparison.Ordinal));

    private static string? KindOf(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return document.RootElement.GetProperty("kind").GetString();
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TransformerXL.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No TransformerXL.slnx in or above {AppContext.BaseDirectory}.");
    }
}
