using TransformerXL.Cli.Terminals;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Terminals;

public class ProgramCallTests
{
    [Fact]
    public void A_build_from_source_is_called_through_its_project()
    {
        using TemporaryFolder folder = new();
        string project = Directory.CreateDirectory(folder["src/TransformerXL.Cli"]).FullName;
        File.WriteAllText(Path.Combine(project, "TransformerXL.Cli.csproj"), "");
        Assert.Equal(
            "dotnet run -c Release --project src/TransformerXL.Cli --",
            ProgramCall.Find(Path.Combine(project, "bin", "Release", "net10.0") + Path.DirectorySeparatorChar, folder.Path).Replace('\\', '/'));
    }

    [Fact]
    public void An_installed_tool_is_called_by_its_name()
    {
        using TemporaryFolder folder = new();
        Assert.Equal("txl", ProgramCall.Find(folder["tools/net10.0/any/"], folder.Path));
    }

    [Theory]
    [InlineData("runs/quickstart", "runs/quickstart")]
    [InlineData("my runs", "\"my runs\"")]
    [InlineData("it's", "\"it's\"")]
    [InlineData("it's \"q\"", "'it'\\''s \"q\"'")]
    [InlineData("5$", "'5$'")]
    public void Arguments_are_quoted_where_a_shell_needs_it(string argument, string quoted) => Assert.Equal(quoted, ProgramCall.Quote(argument));
}
