using System.Text.RegularExpressions;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests;

/// <summary>Imports run one way, as docs/architecture.md draws them; read from the source files.</summary>
public sealed partial class ImportDirectionTests
{
    private static readonly string[] UnsafeFolders =
    [
        "TransformerXL.Tensors/Kernels", "TransformerXL.Tensors/Memory", "TransformerXL.Tensors/Parallel",
        "TransformerXL.Tensors/Random", "TransformerXL.Tensors/Autodiff/Ops", "TransformerXL.Tensors/Optimizers",
    ];

    [Theory]
    [InlineData("TransformerXL.Tensors/Memory", "Tensors.Kernels", "Tensors.Autodiff", "Tensors.Parallel", "Tensors.Random", "Tensors.Optimizers")]
    [InlineData("TransformerXL.Tensors/Parallel", "Tensors.Kernels", "Tensors.Autodiff", "Tensors.Optimizers")]
    [InlineData("TransformerXL.Tensors/Random", "Tensors.Kernels", "Tensors.Autodiff", "Tensors.Optimizers")]
    [InlineData("TransformerXL.Tensors/Kernels", "Tensors.Autodiff", "Tensors.Optimizers")]
    [InlineData("TransformerXL.Tensors/Autodiff", "Tensors.Optimizers")]
    [InlineData("TransformerXL.Tensors", "Data", "Models", "Training", "Inference", "Analysis", "Formats", "Cli", "Server")]
    [InlineData("TransformerXL/Data", "Interchange", "Models", "Training", "Inference", "Analysis", "Cli", "Server")]
    [InlineData("TransformerXL/Models", "Interchange", "Training", "Inference", "Analysis", "Cli", "Server")]
    [InlineData("TransformerXL/Formats", "Interchange", "Training", "Inference", "Analysis", "Cli", "Server")]
    [InlineData("TransformerXL/Training", "Interchange", "Analysis", "Cli", "Server")]
    [InlineData("TransformerXL/Interchange", "Analysis", "Cli", "Server")]
    [InlineData("TransformerXL/Inference", "Interchange", "Training", "Analysis", "Cli", "Server")]
    [InlineData("TransformerXL", "Cli", "Server")]
    public void A_folder_does_not_use(string folder, params string[] forbidden)
    {
        foreach ((string file, string text) in SourcesIn(folder))
        {
            foreach (string name in forbidden)
            {
                // Inside the parent namespace a type may also be reached by the last part of the name of its namespace.
                string escaped = Regex.Escape(name);
                Assert.False(Regex.IsMatch(text, $@"\bTransformerXL\.{escaped}\b|(?<![\w.]){escaped}\.[A-Z]"), $"{file} uses {name}");
            }
        }
    }

    [Fact]
    public void The_tensors_reference_no_other_project() => Assert.DoesNotContain(
        "ProjectReference",
        File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "src", "TransformerXL.Tensors", "TransformerXL.Tensors.csproj")),
        StringComparison.Ordinal);

    [Fact]
    public void Unsafe_code_stays_where_it_is_allowed()
    {
        foreach ((string file, string text) in SourcesIn(""))
        {
            bool allowed = UnsafeFolders.Any(folder => file.StartsWith(folder + "/", StringComparison.Ordinal));
            Assert.True(allowed || !Unsafe().IsMatch(text), $"{file} uses unsafe code");
        }
    }

    [Fact]
    public void Every_folder_that_is_looked_at_is_there()
    {
        Assert.NotEmpty(SourcesIn("TransformerXL/Models"));
        Assert.All(UnsafeFolders, folder => Assert.NotEmpty(SourcesIn(folder)));
    }

    [GeneratedRegex(@"\bunsafe\b(?!\s+code)")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|(?<=namespace )[\w.]+;|<[^<>]*cref[^<>]*>", RegexOptions.Singleline)]
    private static partial Regex Comment();

    private static IEnumerable<(string File, string Text)> SourcesIn(string folder)
    {
        string source = Path.Combine(RepositoryRoot.Folder, "src"), start = Path.Combine(source, folder);
        IEnumerable<string> files = Directory.Exists(start) ? Directory.EnumerateFiles(start, "*.cs", SearchOption.AllDirectories) : [];
        foreach (string file in files)
        {
            string name = Path.GetRelativePath(source, file).Replace('\\', '/');
            if (!name.Contains("/obj/", StringComparison.Ordinal) && !name.Contains("/bin/", StringComparison.Ordinal))
            {
                yield return (name, Comment().Replace(File.ReadAllText(file), ""));
            }
        }
    }
}
