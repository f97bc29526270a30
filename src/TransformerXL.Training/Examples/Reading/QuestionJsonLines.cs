using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Questions as JSON lines: context, question, and answers as a list of objects or as lists of texts and starts.</summary>
internal static class QuestionJsonLines
{
    /// <summary>Opens a file.</summary>
    public static ExampleSource<QuestionExample> Open(string path, ExampleOptions options) =>
        new(path, ExampleFormat.JsonLines, "JSON lines", () => Read(path, options));

    private static IEnumerable<QuestionExample> Read(string path, ExampleOptions options)
    {
        foreach ((ExamplePlace place, JsonElement line) in JsonObjectLines.Read(path, options.MaxText))
        {
            string context = TextCheck.Text(place.At("context"), Text(place, line, "context"), options.MaxText);
            RawQuestion question = new()
            {
                Place = place,
                Id = TextJsonLines.Id(place, line, options.IdColumn ?? "id"),
                Question = Text(place, line, "question"),
                IsImpossible = line.TryGetProperty("is_impossible", out JsonElement mark) && mark.ValueKind is JsonValueKind.True or JsonValueKind.False ? mark.ValueKind == JsonValueKind.True : null,
                Answers = line.TryGetProperty("answers", out JsonElement answers) && answers.ValueKind != JsonValueKind.Null ? Answers(place.At("answers"), answers) : null,
            };
            string title = line.TryGetProperty("title", out JsonElement value) && value.ValueKind == JsonValueKind.String ? JsonObjectLines.Text(place.At("title"), value) : "";
            yield return question.Check(context, title, options);
        }
    }

    private static List<RawAnswer> Answers(ExamplePlace place, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return [.. JsonObjectLines.Items(place, value).Select(item => Answer(place, item))];
        }

        JsonElement[] texts = [.. JsonObjectLines.Items(place, Member(place, value, "text"))], starts = [.. JsonObjectLines.Items(place, Member(place, value, "answer_start"))];
        place.Require(texts.Length == starts.Length, $"there {(texts.Length == 1 ? "is" : "are")} {Counted.Of(texts.Length, "text")} of answers, but {Counted.Of(starts.Length, "start")}");
        return [.. texts.Zip(starts, (text, start) => new RawAnswer(place, JsonObjectLines.Text(place, text), Start(place, start)))];
    }

    private static RawAnswer Answer(ExamplePlace place, JsonElement item)
    {
        place.Require(item.ValueKind == JsonValueKind.Object, $"an answer must be an object with text and answer_start, but is {JsonObjectLines.Describe(item)}");
        return new RawAnswer(place, JsonObjectLines.Text(place, Member(place, item, "text")), Start(place, Member(place, item, "answer_start")));
    }

    private static JsonElement Member(ExamplePlace place, JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) ? value : throw place.Fault($"the answers have no '{name}'");

    private static string Text(ExamplePlace place, JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) ? JsonObjectLines.Text(place.At(name), value) : throw place.Fault($"the object has no '{name}'; it needs context, question and answers");

    private static long Start(ExamplePlace place, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long start) && start >= 0
        ? start
        : throw place.Fault($"'answer_start' is {Files.InputText.Show(value.GetRawText())}, but must be a whole number from 0 on");
}
