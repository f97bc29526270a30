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

    /// <summary>Examples of a task: the label of a text, of a word, and an answer, each told by a word.</summary>
    public static string WriteExamples(TemporaryFolder folder, string task)
    {
        string path = folder[task == "label" ? "examples.conll" : "examples.jsonl"];
        File.WriteAllText(path, Examples(task, 80));
        return path;
    }

    /// <summary>The lines of a file of examples.</summary>
    public static string Examples(string task, int count)
    {
        string[] colours = ["red", "green", "blue"], things = ["box", "tree", "stone", "river"];
        Random random = new(5);
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            (string colour, string thing, string other) = (colours[random.Next(3)], things[random.Next(4)], things[random.Next(4)]);
            lines.Append(task switch
            {
                "classify" => $$"""{"text":"the {{thing}} is {{colour}} and so is the {{other}}","label":"{{colour}}"}""" + "\n",
                "label" => $"the\tO\n{thing}\tB-T\nis\tO\n{colour}\tB-C\n\n",
                _ => $$"""{"question":"what colour","context":"the {{thing}} is {{colour}}","answers":[{"text":"{{colour}}","answer_start":{{thing.Length + 8}}}]}""" + "\n",
            });
        }

        return lines.ToString();
    }

    public static string[] TrainTask(string task, string data, string output, int steps, params string[] more) =>
        ["train", "--task", task, "--train", data, "--valid", data, "--out", output, "--steps", $"{steps}", "--validate-every", "10", "--vocabulary", "bytes", "--layers", "1", "--model-size", "16", "--heads", "2", "--head-size", "8", "--inner-size", "16", "--embedding-size", "16", "--target", "8", "--memory", "8", "--batch", "4", "--warmup", "1", "--dropout", "0.1", "--threads", "1", .. more];

    public static string[] Train(string data, string output, int steps, params string[] more) =>
        ["train", "--data", data, "--out", output, "--steps", $"{steps}", "--validate-every", "10", "--sample", "20", .. Model, .. more];
}
