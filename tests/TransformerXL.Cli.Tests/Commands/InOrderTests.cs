using System.Text.Json;
using TransformerXL.Inference;
using TransformerXL.Inference.Ordering;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Labels that are predicted from a text and the texts before it.</summary>
public sealed class InOrderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    private string OrderFile => Path.Combine(Run, "order.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Texts_that_say_little_are_told_better_with_those_before_them()
    {
        (string train, string valid) = await TrainAsync();
        using FakeTerminal terminal = new(width: 200);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("evaluate", Run, "--split", "valid", "--in-order", "--threads", "1"));
        Assert.Contains("alone", terminal.Out, StringComparison.Ordinal);
        Assert.Matches("probability to stay 0\\.[0-9]+, weight [01]\\.?[0-9]*, found on these examples", terminal.Out);
        Assert.Contains("order.json", terminal.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(OrderFile));

        // Other examples are measured with the values of the validation examples.
        JsonElement other = JsonDocument.Parse(await FakeTerminal.OutputOf("evaluate", Run, "--data", valid, "--in-order", "--json", "--threads", "1")).RootElement, inOrder = other.GetProperty("in_order");
        Assert.False(inOrder.GetProperty("fitted").GetBoolean());
        Assert.True(inOrder.GetProperty("accuracy").GetDouble() > other.GetProperty("accuracy").GetDouble() + 0.05, other.GetRawText());
        Assert.True(inOrder.GetProperty("loss").GetDouble() < other.GetProperty("loss").GetDouble());

        // The program and the library predict what was measured.
        string[] predicted = [.. Lines(await FakeTerminal.OutputOf("predict", Run, valid, "--in-order", "--threads", "1")).Select(line => line.GetProperty("label").GetString()!)];
        string[] right = [.. Lines(await File.ReadAllTextAsync(valid)).Select(line => line.GetProperty("label").GetString()!)];
        Assert.Equal(inOrder.GetProperty("accuracy").GetDouble(), predicted.Zip(right).Count(pair => pair.First == pair.Second) / (double)right.Length, 1e-9);
        using CpuBackend backend = new(null, 1);
        ModelFolder trained = ModelFolder.Load(Run);
        LabelFilter filter = new(LabelOrder.Find(trained)!);
        Classifier classifier = new(trained, backend);
        Assert.Equal(predicted, Lines(await File.ReadAllTextAsync(valid)).Select(line => filter.Next(classifier.Classify(line.GetProperty("text").GetString()!)).Labels[0]));

        // A new training erases what was found for the old one.
        await FakeTerminal.OutputOf([.. TinyRun.TrainTask("classify", train, Run, 2), "--force"]);
        Assert.False(File.Exists(OrderFile));
    }

    [Fact]
    public async Task Values_of_other_weights_are_not_used_and_are_found_again()
    {
        (string train, string valid) = await TrainAsync();
        await FakeTerminal.OutputOf("evaluate", Run, "--data", valid, "--in-order", "--threads", "1");
        Assert.Matches("not known for these weights .*--split valid --in-order --checkpoint last' finds it", await ErrorOf("predict", Run, train, "--in-order", "--checkpoint", "last"));
        await FakeTerminal.OutputOf("evaluate", Run, "--split", "train", "--in-order", "--checkpoint", "last", "--threads", "1");
        await FakeTerminal.OutputOf("predict", Run, train, "--in-order", "--checkpoint", "last", "--threads", "1");
        await File.WriteAllTextAsync(OrderFile, (await File.ReadAllTextAsync(OrderFile)).Replace("\"stay\": 0", "\"stay\": 7", StringComparison.Ordinal));
        Assert.Matches("order\\.json: stay: stay is 7.*; without the file its values can be found again", await ErrorOf("predict", Run, train, "--in-order", "--checkpoint", "last"));
        await FakeTerminal.OutputOf("evaluate", Run, "--split", "valid", "--in-order", "--checkpoint", "last", "--threads", "1");
        await FakeTerminal.OutputOf("predict", Run, train, "--in-order", "--checkpoint", "last", "--threads", "1");
    }

    [Fact]
    public async Task What_has_no_order_is_refused()
    {
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", TinyRun.WriteExamples(_folder, "classify"), Run, 2));
        Assert.Contains("--split valid --in-order' finds it", await ErrorOf("predict", Run, "-", "--in-order"), StringComparison.Ordinal);
        foreach (string[] alone in (string[][])[["--explain"], ["--input", "document"]])
        {
            using FakeTerminal terminal = new();
            Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync(["predict", Run, "-", "--in-order", .. alone]));
            Assert.Contains("leave out --in-order", terminal.Error, StringComparison.Ordinal);
        }

        string words = _folder["words"], tokens = _folder["tokens"];
        await FakeTerminal.OutputOf(TinyRun.TrainTask("label", TinyRun.WriteExamples(_folder, "label"), words, 2));
        foreach (string command in (string[])["predict", "evaluate"])
        {
            Assert.Contains("--in-order is for a model that predicts a label of each text", await ErrorOf(command, words, "--in-order"), StringComparison.Ordinal);
        }

        await FakeTerminal.OutputOf([.. TinyRun.Train(TinyRun.WriteText(_folder), tokens, 2)]);
        Assert.Contains("predicts tokens", await ErrorOf("evaluate", tokens, "--in-order"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folders_of_classes_have_no_order_and_a_share_of_a_file_has_gaps()
    {
        foreach (string label in (string[])["dry", "wet"])
        {
            Directory.CreateDirectory(_folder[$"classes/{label}"]);
            for (int i = 0; i < 8; i++)
            {
                _folder.Write($"classes/{label}/{i}.txt", $"{label} {i}");
            }
        }

        string classes = _folder["classes"], other = _folder["other"], exported = _folder["exported"];
        await FakeTerminal.OutputOf(TinyRun.TrainTask("classify", classes, Run, 2));
        Assert.Contains("has a folder for each class, and no order of reading", await ErrorOf("evaluate", Run, "--split", "valid", "--in-order"), StringComparison.Ordinal);
        string[] command = [.. TinyRun.TrainTask("classify", TinyRun.WriteExamples(_folder, "classify"), other, 2, "--valid-fraction", "0.3", "--test-fraction", "0").Where(argument => argument != "--valid")];
        int at = Array.IndexOf(command, "--train");
        command[at] = "--data";
        await FakeTerminal.OutputOf([.. command[..(at + 2)], .. command[(at + 3)..]]);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("evaluate", other, "--split", "valid", "--in-order", "--threads", "1"));
        Assert.Contains("a share of one file, with others between them", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("no order of reading", await ErrorOf("predict", other, classes, "--in-order"), StringComparison.Ordinal);

        // A model folder names no validation examples.
        ModelFolder trained = ModelFolder.Load(other);
        ModelFolder.Save(exported, trained.Model, trained.Vocabulary, trained.Configuration, trained.Head);
        Assert.Contains("which a model folder does not name", await ErrorOf("predict", exported, "-", "--in-order"), StringComparison.Ordinal);
        Assert.Null(LabelOrder.Find(ModelFolder.Load(exported)));
        Assert.Throws<InputException>(() => (LabelOrder.Find(trained)! with { Shares = [0.5, 0.5] }).Save(trained));
    }

    /// <summary>Texts of a few letters, most of which say nothing of their label, which stays for ten texts.</summary>
    private async Task<(string Train, string Valid)> TrainAsync()
    {
        string train = _folder.Write("train.jsonl", Examples(seed: 1, 400)), valid = _folder.Write("valid.jsonl", Examples(seed: 2, 300));
        string[] command = TinyRun.TrainTask("classify", train, Run, 150, "--lr", "0.01");
        command[Array.IndexOf(command, "--valid") + 1] = valid;
        command[Array.IndexOf(command, "--validate-every") + 1] = "70";
        await FakeTerminal.OutputOf(command);
        return (train, valid);
    }

    private static string Examples(int seed, int count)
    {
        Random random = new(seed);
        return string.Concat(Enumerable.Range(0, count).Select(i =>
        {
            bool isFirst = i / 10 % 2 == 0, isTold = random.Next(3) == 0;
            return $$"""{"text":"{{(isTold ? isFirst ? "xx" : "yy" : "oo")}}","label":"{{(isFirst ? "first" : "second")}}"}""" + "\n";
        }));
    }

    private static IEnumerable<JsonElement> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    private static async Task<string> ErrorOf(params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. arguments, "--threads", "1"]));
        return terminal.Error.ReplaceLineEndings("\n");
    }
}
