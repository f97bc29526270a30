using System.Globalization;
using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>Exported models read by a program that shares nothing with this one: tests/python/transformer_xl.py.</summary>
public sealed class SecondReaderTests
{
    private const double Tolerance = 2e-5;

    private static readonly string[] Model = ["--layers", "2", "--model-size", "16", "--heads", "2", "--head-size", "6", "--inner-size", "24", "--target", "8", "--memory", "6", "--batch", "4", "--lr", "0.05", "--threads", "1", "--isa", "scalar"];

    [SkippableTheory]
    [InlineData("--cutoffs", "4,9", "--div-val", "2", "--tie-projections", "all-but-first")]
    [InlineData("--cutoffs", "4,9", "--embedding-size", "10", "--untied", "--pre-norm", "--untie-biases")]
    [InlineData("--embedding-size", "10", "--tie-projections", "all")]
    [InlineData("--pre-norm")]
    public async Task It_gives_every_token_the_same_log_probability(params string[] architecture)
    {
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        using TemporaryFolder folder = new();
        string data = TinyRun.WriteText(folder), text = folder["short.txt"];
        await FakeTerminal.OutputOf(["train", "--data", data, "--vocabulary", "words", "--out", folder["run"], "--steps", "30", "--sample", "0", .. Model, .. architecture]);
        await FakeTerminal.OutputOf("export", folder["run"], "--out", folder["exported"], "--format", "huggingface");
        File.WriteAllText(text, string.Join(' ', TinyRun.Text(8).Split('\n')) + "\nthe unheard memory keeps a token.\n");
        string scores = await FakeTerminal.OutputOf("score", folder["run"], text, "--memory", "11", "--clamp", "7", "--threads", "1");
        double[] here = [.. scores.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Nll)];
        string[] there = PythonReference.Run("transformer_xl.py", folder["exported"], text, "11", "7");
        double[] expected = [.. there.Select(line => double.Parse(line, CultureInfo.InvariantCulture))];
        Assert.Equal(expected.Length, here.Length);
        Assert.True(expected.Length > 40 && expected.Max() - expected.Min() > 1, "the model says the same of every token, which proves little");
        Assert.All(expected.Zip(here), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Tolerance * Math.Max(1, pair.First), $"{pair.Second} here, {pair.First} there"));
    }

    private static double Nll(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("nll").GetDouble();
    }
}
