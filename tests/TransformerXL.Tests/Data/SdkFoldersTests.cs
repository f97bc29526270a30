using TransformerXL.Testing;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class SdkFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_named_root_comes_before_that_of_the_running_runtime()
    {
        string runtime = _folder["dotnet/shared/Microsoft.NETCore.App/10.0.0/"];
        Assert.Equal([_folder["named"], _folder["dotnet"]], SdkFolders.Roots(_folder["named"] + "/", runtime, null));
        Assert.Equal([_folder["dotnet"]], SdkFolders.Roots(null, runtime, ""));
    }

    [SkippableFact]
    public void A_program_on_the_search_path_is_resolved_through_links()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string real = _folder.Write("real/dotnet", "program");
        Directory.CreateDirectory(_folder["bin"]);
        Directory.CreateDirectory(_folder["other"]);
        File.CreateSymbolicLink(_folder["bin/middle"], real);
        File.CreateSymbolicLink(_folder["bin/dotnet"], _folder["bin/middle"]);
        string path = string.Join(Path.PathSeparator, _folder["absent"], _folder["other"], _folder["bin"]);
        Assert.Equal(_folder["real"], SdkFolders.Roots(null, _folder["a/b/c/d"], path)[^1]);
    }

    [SkippableFact]
    public void The_documentation_of_this_machines_SDK_is_pleasant_text()
    {
        SdkDocumentation? documentation = Find();
        Skip.If(documentation is null, "this machine's SDK has no XML documentation");
        string text = documentation!.ReadText(1_000_000);
        Assert.InRange(text.Length, 900_000, 1_000_000);
        Assert.InRange(text.Distinct().Count(), 60, 90);
        Assert.DoesNotContain("  ", text, StringComparison.Ordinal);
    }

    private static SdkDocumentation? Find()
    {
        try
        {
            return SdkDocumentation.Find(SdkDocumentation.Candidates(null, Environment.GetEnvironmentVariable("PATH")));
        }
        catch (InputException)
        {
            return null;
        }
    }
}
