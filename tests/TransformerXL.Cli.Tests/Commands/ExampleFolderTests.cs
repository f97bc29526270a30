using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Runs and models in a folder of texts or of labelled examples are not learned from.</summary>
public sealed class ExampleFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExampleFolderTests()
    {
        for (int i = 0; i < 40; i++)
        {
            _folder.Write($"mails/good/{i}.txt", $"the sun is warm {i}");
            _folder.Write($"mails/bad/{i}.txt", $"the rain is wet {i}");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_beside_folders_of_classes_is_no_class()
    {
        string run = _folder["mails/run"];
        Assert.Contains("left out of the examples: run (files and folders of runs)", await TrainAsync(run), StringComparison.Ordinal);
        // The same command again, and another output folder beside the run.
        await TrainAsync(run);
        Assert.Contains("run", await TrainAsync(_folder["other"]), StringComparison.Ordinal);
        string[] predicted = (await FakeTerminal.OutputOf("predict", _folder["other"], _folder["mails"], "--threads", "1")).TrimEnd().Split('\n');
        Assert.Equal(80, predicted.Length);
        Assert.DoesNotContain(predicted, line => line.Contains("checkpoint", StringComparison.Ordinal));
        await FakeTerminal.OutputOf("evaluate", _folder["other"], "--data", _folder["mails"], "--threads", "1");
    }

    [Fact]
    public async Task The_folder_of_classes_may_be_that_of_the_run()
    {
        string run = _folder["mails"];
        await TrainAsync(run);
        await TrainAsync(run);
        Assert.Contains("good", await FakeTerminal.OutputOf("info", run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exported_model_in_a_folder_of_texts_is_left_out()
    {
        _folder.Write("texts/text.txt", TinyRun.Text());
        await FakeTerminal.OutputOf(TinyRun.Train(_folder["texts"], _folder["run"], 2));
        foreach (string format in (string[])["huggingface", "reference"])
        {
            await FakeTerminal.OutputOf("export", _folder["run"], "--out", _folder[$"texts/{format}"], "--format", format);
        }

        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync(TinyRun.Train(_folder["texts"], _folder["next"], 2));
        Assert.True(code == ExitCode.Ok, terminal.Error);
        Assert.Contains("left out of the text: huggingface, reference (files and folders of runs)", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_share_that_no_example_fell_into_is_told_with_what_helps()
    {
        string examples = _folder.Write("few.jsonl", """{"text":"sun","label":"a"}""" + "\n" + """{"text":"rain","label":"b"}""" + "\n");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("train", "--task", "classify", "--data", examples, "--out", _folder["run"], "--steps", "1", "--valid-fraction", "0.000001"));
        Assert.Contains("has no examples for validation: a hash of each example chooses its part", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("(--valid-fraction, --valid)", terminal.Error, StringComparison.Ordinal);

        // A file without any example is not a matter of shares.
        using FakeTerminal empty = new();
        string nothing = _folder.Write("nothing.json", """{"data":[]}""");
        Assert.Equal(ExitCode.BadInput, await empty.RunAsync("train", "--task", "answer", "--data", nothing, "--out", _folder["none"], "--steps", "1"));
        Assert.Contains("nothing.json' has no examples for training", empty.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", empty.Error, StringComparison.Ordinal);
    }

    private async Task<string> TrainAsync(string output)
    {
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync(
            "train", "--task", "classify", "--data", _folder["mails"], "--out", output, "--steps", "2", "--valid-fraction", "0.2", "--test-fraction", "0.1", "--vocabulary", "bytes", "--layers", "1",
            "--model-size", "16", "--heads", "2", "--head-size", "8", "--inner-size", "16", "--embedding-size", "16", "--target", "8", "--memory", "8", "--batch", "4", "--warmup", "1", "--threads", "1");
        Assert.True(code == ExitCode.Ok, $"exit code {code}: {terminal.Error}");
        return terminal.Error;
    }
}
