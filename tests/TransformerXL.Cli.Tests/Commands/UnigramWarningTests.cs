using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>A model that learns nothing from context is pointed out.</summary>
public sealed class UnigramWarningTests
{
    private const string Warning = "is not below the unigram entropy of the training text";

    [Fact]
    public async Task A_loss_above_the_unigram_entropy_is_warned_of_and_the_entropy_stands_in_the_records()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(data, folder["run"], 1)));
        Assert.Contains(Warning, terminal.Error, StringComparison.Ordinal);
        JsonElement start = JsonDocument.Parse(File.ReadLines(folder["run/metrics.jsonl"]).First()).RootElement;
        string text = TinyRun.Text();
        text = text[..(int)(text.Length * 0.9)];
        double entropy = text.GroupBy(letter => letter).Sum(group => -(double)group.Count() / text.Length * Math.Log((double)group.Count() / text.Length));
        Assert.Equal(entropy, start.GetProperty("unigram_entropy").GetDouble(), 0.01);
    }

    [Fact]
    public async Task A_validation_text_that_is_too_short_is_pointed_out_and_no_validation_is_named()
    {
        using TemporaryFolder folder = new();
        using FakeTerminal terminal = new();
        string train = TinyRun.WriteText(folder), valid = folder.Write("one.txt", TinyRun.Text()[..1]);
        string[] arguments = TinyRun.Train(train, folder["run"], 1);
        arguments[Array.IndexOf(arguments, "--data")] = "--train";
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. arguments, "--valid", valid]));
        Assert.Contains("the validation text has 1 character, too few to measure a loss on; there is no validation", terminal.Error, StringComparison.Ordinal);
        Assert.Matches("the loss, [0-9.]+ nats per character, " + Warning, terminal.Error);
    }

    [Fact]
    public async Task A_model_that_learned_something_is_not_warned_of()
    {
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(TinyRun.Train(data, folder["run"], 120)));
        Assert.DoesNotContain(Warning, terminal.Error, StringComparison.Ordinal);
    }
}
