using System.Text.Json;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Examples are predicted as the training reads them: by content where the name of a file says nothing, and from the same members.</summary>
public sealed class PredictionFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("words.txt", "box\tB-T\nis\tO\n\nred\tB-C\n")]
    [InlineData("words.txt", "box B-T\nis O\n\nred B-C\n")]
    [InlineData("words.bio", "box\tO\nis\tO\n\nred\tO\n")]
    [InlineData("words.conll", "box\nis\n\nred\n")]
    [InlineData("words.conll", "box I-T\nis wrong\n\nred\n")]
    [InlineData("words.conllu", "1\tbox\t_\tB-T\t_\t_\t0\t_\t_\t_\n2\tis\t_\tO\t_\t_\t0\t_\t_\t_\n\n1\tred\t_\tO\t_\t_\t0\t_\t_\t_\n")]
    [InlineData("words.jsonl", "{\"tokens\":[\"box\",\"is\"]}\n{\"words\":[\"red\"],\"tags\":[\"?\"]}\n")]
    [InlineData("lines.txt", "box is\nred\n")]
    [InlineData("lines.txt", "box  is\n red\n\n")]
    public async Task Words_are_those_of_the_file(string name, string content)
    {
        await TrainAsync("label", TinyRun.WriteExamples(_folder, "label"));
        JsonElement[] lines = await PredictAsync(_folder.Write(name, content));
        Assert.Equal(["box is", "red"], lines.Select(line => string.Join(' ', line.GetProperty("words").EnumerateArray().Select(word => word.GetProperty("word").GetString()))));
    }

    [Fact]
    public async Task Texts_come_from_the_column_of_the_training()
    {
        static string Line(int i) => $$"""{"text":"title","review":"{{(i % 2 == 0 ? "sun" : "rain")}} {{i}}","kind":"{{(i % 2 == 0 ? "dry" : "wet")}}"}""";
        await TrainAsync("classify", _folder.Write("train.jsonl", string.Join('\n', Enumerable.Range(0, 20).Select(Line))), "--text-column", "review", "--label-column", "kind");
        string expected = Probabilities(await PredictAsync(_folder.Write("line.txt", "sun 3")));
        Assert.NotEqual(expected, Probabilities(await PredictAsync(_folder.Write("title.txt", "title"))));
        Assert.Equal(expected, Probabilities(await PredictAsync(_folder.Write("new.jsonl", """{"text":"title","review":"sun 3"}"""))));
        Assert.Equal(expected, Probabilities(await PredictAsync(_folder.Write("new.csv", "text,review\ntitle,sun 3\n"))));
        Assert.Equal(expected, Probabilities(await PredictAsync(_folder.Write("table.txt", "text,review,kind\ntitle,sun 3,?\n"))));
    }

    [Fact]
    public async Task A_second_text_is_read_where_the_training_reads_one()
    {
        static string Line(int i) => $$"""{"text":"sun {{i}}","text2":"rain","label":"{{(i % 2 == 0 ? "dry" : "wet")}}"}""";
        await TrainAsync("classify", _folder.Write("train.jsonl", string.Join('\n', Enumerable.Range(0, 20).Select(Line))));
        string pair = Probabilities(await PredictAsync(_folder.Write("pair.jsonl", """{"text":"sun 3","text2":"rain"}""")));
        Assert.NotEqual(pair, Probabilities(await PredictAsync(_folder.Write("other.jsonl", """{"text":"sun 3","text2":"wind"}"""))));
        Assert.Equal(pair, Probabilities(await PredictAsync(_folder.Write("pair.csv", "text,text2\nsun 3,rain\n"))));
    }

    [Fact]
    public async Task Half_a_pair_and_an_empty_word_are_told_and_top_is_for_labels_of_texts()
    {
        static string Line(int i) => $$"""{"sentence1":"sun {{i}}","sentence2":"rain","label":"{{(i % 2 == 0 ? "dry" : "wet")}}"}""";
        await TrainAsync("classify", _folder.Write("train.jsonl", string.Join('\n', Enumerable.Range(0, 20).Select(Line))));
        await FailsAsync("line 2, column 12: the escape of half a character", _folder.Write("surrogate.jsonl", "\n" + """{"text":"ab\ud83d cd"}"""), "--input", "jsonl");
        await FailsAsync("line 1: a NUL character is in the text; remove it", _folder.Write("nul.jsonl", """{"sentence1":"a\u0000","sentence2":"b"}"""), "--input", "jsonl");
        await FailsAsync("line 1: the member 'sentence2' is missing beside 'sentence1'", _folder.Write("half.jsonl", """{"sentence1":"a"}"""), "--input", "jsonl");
        Directory.Delete(Run, recursive: true);
        await TrainAsync("label", TinyRun.WriteExamples(_folder, "label"));
        await FailsAsync("line 1: a word is empty", _folder.Write("empty.jsonl", """{"words":["box"," "]}"""), "--input", "jsonl");
        await FailsAsync("--top limits the labels of a text", _folder.Write("words.txt", "box is\n"), "--top", "1");
    }

    [Fact]
    public async Task A_text_that_is_too_long_for_an_explanation_is_predicted_and_the_rest_too()
    {
        await TrainAsync("classify", TinyRun.WriteExamples(_folder, "classify"));
        string file = _folder.Write("texts.txt", $"red\n{new string('r', 16_400)}\nbox\n");
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("predict", Run, file, "--explain", "--leave-out", "1", "--threads", "1"));
        JsonElement[] lines = [.. terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([true, false, true], lines.Select(line => line.TryGetProperty("explanation", out _)));
        Assert.Contains("tokens, but texts of at most 16384 are explained, because the gradient needs memory for all tokens at once; it is predicted without an explanation", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("line 2: the text has", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_two_segments_is_not_explained_through_both_directions_of_recurrent_layers()
    {
        string examples = TinyRun.WriteExamples(_folder, "label");
        await FakeTerminal.OutputOf("train", "--task", "label", "--train", examples, "--valid", examples, "--model", "lstm", "--bidirectional", "--layers", "1", "--model-size", "8", "--target", "8", "--steps", "1", "--threads", "1", "--quiet", "--out", Run);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("predict", Run, _folder.Write("texts.txt", $"box\n{string.Join(' ', Enumerable.Repeat("box is", 10))}\nbox\n"), "--explain", "--leave-out", "1", "--threads", "1"));
        Assert.Equal(3, terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("within one segment of 8; shorten the text; it is predicted without an explanation", terminal.Error, StringComparison.Ordinal);
    }

    private async Task FailsAsync(string message, params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["predict", Run, "--threads", "1", .. arguments]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_are_read_from_standard_input_and_with_wrong_answers()
    {
        await TrainAsync("answer", TinyRun.WriteExamples(_folder, "answer"));
        using FakeTerminal terminal = new(input: """{"question":"what colour","context":"the box is red"}""");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("predict", Run, "--threads", "1"));
        string answer = JsonDocument.Parse(terminal.Out).RootElement.GetProperty("answer").GetString()!;
        const string Squad = """{"data":[{"title":"t","paragraphs":[{"context":"the box is red","qas":[{"id":"7","question":"what colour","answers":[{"text":"blue","answer_start":0}]}]}]}]}""";
        JsonElement line = Assert.Single(await PredictAsync(_folder.Write("dev.txt", Squad)));
        Assert.Equal(("7", answer), (line.GetProperty("id").GetString(), line.GetProperty("answer").GetString()));
    }

    private Task<string> TrainAsync(string task, string data, params string[] more) => FakeTerminal.OutputOf(TinyRun.TrainTask(task, data, Run, 10, more));

    private async Task<JsonElement[]> PredictAsync(string file) =>
        [.. (await FakeTerminal.OutputOf("predict", Run, file, "--threads", "1")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string Probabilities(JsonElement[] lines) => Assert.Single(lines).GetProperty("probabilities").ToString();
}
