using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary><c>txl quickstart --task</c>, on the documentation of an SDK that is written here.</summary>
public sealed class TaskQuickstartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Dictionary<string, string> Sdk()
    {
        string[] words = ["red", "blue", "sweet", "sour", "round", "long", "old", "new", "small", "large", "dry", "soft"];
        string members = string.Concat(words.Select((word, i) => $"""
            <member name="T:Fruit.B{i}"><summary>Holds {word} <see cref="T:Fruit.Apple`1" /> objects, not <see cref="M:Fruit.Pear.Peel(System.Int32)" /> in a B{i} way.</summary></member>
            <member name="P:Fruit.B{i}.Weight{i}"><summary>Gets the {word} weight of all the fruit.</summary></member>
            <member name="E:Fruit.B{i}.Eaten"><summary>Occurs when the {word} fruit was eaten up.</summary></member>
            """));
        _folder.Write("packs/Microsoft.NETCore.App.Ref/10.0.0/ref/net10.0/Fruit.xml", $"<doc><members>{members}</members></doc>");
        return new() { ["DOTNET_ROOT"] = _folder.Path };
    }

    [Theory]
    [InlineData("classify", "accuracy", "naive Bayes", "it is type): Holds ")]
    [InlineData("label", "f1", "Holds", "")]
    [InlineData("answer", "exact match", "What is ", "")]
    public async Task From_nothing_to_a_model_that_is_measured_beside_its_baseline_and_predicts(string task, params string[] texts)
    {
        string run = Path.GetRelativePath(Environment.CurrentDirectory, _folder["run"]);
        using FakeTerminal terminal = new(variables: Sdk());
        int code = await terminal.RunAsync("quickstart", "--task", task, "--seconds", "1", "--out", run, "--threads", "1");
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.All((string[])["training: ", "validation: ", "held out", .. texts, "To continue:", $"txl predict {run} {Path.Combine(run, "examples")}", $"txl evaluate {run}"], text => Assert.Contains(text, terminal.Out, StringComparison.OrdinalIgnoreCase));
        using FakeTerminal again = new(variables: Sdk());
        Assert.Equal(ExitCode.Ok, await again.RunAsync("quickstart", "--task", task, "--seconds", "1", "--out", _folder["run"], "--threads", "1"));
        Assert.Equal(ExitCode.BadInput, await again.RunAsync("quickstart", "--task", task, "--seconds", "1", "--seed", "9", "--out", _folder["run"], "--threads", "1"));
        Assert.Contains("holds a run already, and not this quickstart", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_is_explained()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("quickstart", "--task", "sort"));
        Assert.Contains("--task is 'sort', but must be one of: classify, label, answer", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("quickstart", "--task", "label", "--data", "x.txt"));
        Assert.Contains("txl train --task label", terminal.Error, StringComparison.Ordinal);
    }
}
