using System.Diagnostics;
using System.Globalization;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests;

/// <summary>The program that README.md shows is samples/Library to the letter; it is compiled with the tests and runs here as its own process.</summary>
public sealed class ReadmeExampleTests
{
    private static readonly string[] s_words = ["the", "old", "river", "mountain", "carries", "keeps", "water", "stone", "slowly", "always", "and", "under"];

    [Fact]
    public void The_readme_shows_the_program_to_the_letter()
    {
        string program = Lines("samples", "Library", "Program.cs");
        Assert.Contains($"```csharp\n{program}```\n", Lines("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_runs_twice_and_its_model_writes_words_of_the_text()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["here"]);
        File.WriteAllText(folder["here/mytext.txt"], Text());
        string[] first = await RunAsync("library-example", folder["here"]), second = await RunAsync("library-example", folder["here"]);
        Assert.StartsWith("step 100: ", first[0], StringComparison.Ordinal);
        Assert.StartsWith("step 500: ", first[4], StringComparison.Ordinal);

        // The second run finds the training finished and does the rest again.
        Assert.Equal(first[5..], second);
        Assert.EndsWith("bits per character on the test text", second[0], StringComparison.Ordinal);
        double bits = double.Parse(second[0].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(bits, 0.05, 0.5);
        string[] written = string.Join(' ', second[1..]).Split((char[])[' ', '.', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.True(written.Length > 30, $"the model wrote only {written.Length} words");
        Assert.True(written.Count(word => s_words.Contains(word.ToLowerInvariant())) > 0.9 * written.Length, $"the model wrote: {string.Join(' ', written)}");
    }

    /// <summary>Sentences with five words to choose between two: about 0.1 bits per character, and readable if they are learned.</summary>
    private static string Text()
    {
        Random random = new(3);
        string Pick(int first, int count) => s_words[first + random.Next(count)];
        return string.Concat(Enumerable.Range(0, 3000).Select(_ => $"The {Pick(1, 1)} {Pick(2, 2)} {Pick(4, 2)} {Pick(11, 1)} the {Pick(6, 2)} and {Pick(8, 2)} {Pick(4, 2)}.\n"));
    }

    /// <summary>The lines that a sample prints.</summary>
    internal static async Task<string[]> RunAsync(string program, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {await error}");
        return output.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }

    private static string Lines(params string[] path) => File.ReadAllText(Path.Combine([FixtureFolders.Repository, .. path])).ReplaceLineEndings("\n");
}
