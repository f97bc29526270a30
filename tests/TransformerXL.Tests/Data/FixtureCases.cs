using System.Runtime.CompilerServices;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>Finds the reference fixtures: those of the repository, and those in the folder that TXL_FIXTURES names.</summary>
internal static class FixtureCases
{
    /// <summary>The file of a case in every place that has it, the repository first.</summary>
    public static TheoryData<string> Files(string testCase, string file)
    {
        var found = new TheoryData<string> { Path.Combine(RepositoryFixtures(), testCase, file) };
        if (Environment.GetEnvironmentVariable("TXL_FIXTURES") is { Length: > 0 } folder)
        {
            found.Add(Path.Combine(folder, testCase, file));
        }
        return found;
    }

    private static string RepositoryFixtures([CallerFilePath] string path = "")
    {
        for (DirectoryInfo? folder = Directory.GetParent(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TransformerXL.slnx")))
            {
                return Path.Combine(folder.FullName, "tests", "Fixtures");
            }
        }
        return Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "Fixtures");
    }
}
