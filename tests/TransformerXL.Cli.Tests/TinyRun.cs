using System.Text;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests;

/// <summary>A text without copyright and the options of a model that learns it in a moment.</summary>
internal static class TinyRun
{
    public static readonly string[] Model = ["--layers", "2", "--model-size", "16", "--heads", "2", "--target", "8", "--memory", "8", "--batch", "4", "--lr", "0.01", "--threads", "1"];

    public static string Text(int sentences = 400)
    {
        string[] subjects = ["the model", "a memory", "the reader", "one layer"], verbs = ["reads", "keeps", "predicts", "forgets"], objects = ["a token", "the segment", "every word", "its context"];
        Random random = new(7);
        StringBuilder text = new();
        for (int i = 0; i < sentences; i++)
        {
            text.Append(subjects[random.Next(4)]).Append(' ').Append(verbs[random.Next(4)]).Append(' ').Append(objects[random.Next(4)]).Append(i % 5 == 4 ? ".\n" : ". ");
        }

        return text.ToString();
    }

    public static string WriteText(TemporaryFolder folder)
    {
        string path = folder["text.txt"];
        File.WriteAllText(path, Text());
        return path;
    }

    public static string[] Train(string data, string output, int steps, params string[] more) =>
        ["train", "--data", data, "--out", output, "--steps", $"{steps}", "--validate-every", "10", "--sample", "20", .. Model, .. more];
}
