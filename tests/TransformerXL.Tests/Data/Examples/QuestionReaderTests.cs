using TransformerXL.Training.Examples;
using Xunit;
using static TransformerXL.Tests.Data.Examples.ExampleFile;

namespace TransformerXL.Tests.Data.Examples;

/// <summary>Readers of questions.</summary>
public sealed class QuestionReaderTests : IDisposable
{
    private readonly ExampleFile _file = new();

    public void Dispose() => _file.Dispose();

    private static string Squad(string context, string questions) => $$"""
        {"version": "v2.0", "data": [{"title": "T", "paragraphs": [
          {"qas": [{{questions}}], "context": "{{context}}"}
        ]}]}
        """;

    [Fact]
    public void Squad_2_has_questions_with_and_without_answers_and_counts_code_points()
    {
        QuestionExample[] read = [.. _file.Questions("a.json", Squad("\U0001F600 Ann came.", """
            {"id": "1", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 2}, {"text": "Ann came", "answer_start": 2}], "is_impossible": false},
            {"id": "2", "question": "When?", "answers": [], "is_impossible": true, "plausible_answers": [{"text": "came", "answer_start": 6}]}
            """))];
        Assert.Equal(["Ann", "Ann came"], read[0].Answers.Select(answer => read[0].Context[answer.Start..answer.End]));
        Assert.Equal((false, true), (read[0].IsUnanswerable, read[1].IsUnanswerable));
        Assert.Equal(("T", "2", "When?"), (read[1].Title, read[1].Id, read[1].Question));
    }

    [Fact]
    public void Squad_1_has_the_context_first_and_large_files_are_read_in_pieces()
    {
        string filler = new('x', 100_000);
        string json = $$"""{"data":[{"title":"{{filler}}","other":{"a":[1,{"b":null}]},"paragraphs":[{"context":"{{filler}} Ann","qas":[{"id":"1","question":"Who?","answers":[{"answer_start":100001,"text":"Ann"}]}]}]}],"version":"1.1"}""";
        QuestionExample read = _file.Questions("a.json", json).Single();
        Assert.Equal(100001, read.Answers.Single().Start);
    }

    [Fact]
    public void Json_lines_have_answers_as_lists_or_objects()
    {
        ExampleSource<QuestionExample> source = _file.Questions("a.jsonl", """
            {"id":"1","context":"Ann came.","question":"Who?","answers":{"text":["Ann"],"answer_start":[0]}}
            {"id":"2","context":"Ann came.","question":"Who?","answers":[{"text":"came","answer_start":4}]}
            {"id":"3","context":"Ann came.","question":"Who?","answers":{"text":[],"answer_start":[]}}
            {"id":"4","context":"Ann came.","question":"Who?"}
            """);
        Assert.Equal([true, true, true, false], source.Select(question => question.IsLabelled));
        Assert.Equal([false, false, true, false], source.Select(question => question.IsUnanswerable));
    }

    [Fact]
    public void An_answer_that_is_not_at_its_place_is_told_with_where_it_is()
    {
        Refused(
            () => _file.Questions("a.json", Squad("Ann came.", """{"id": "q7", "question": "Who?", "answers": [{"text": "came", "answer_start": 2}]}""")),
            "a.json', line 2", "'came'", "q7", "character 2", "it begins at character 4", "answer_start");
        Refused(
            () => _file.Questions("a.json", Squad("Ann came.", """{"id": "q7", "question": "Who?", "answers": [{"text": "Anne", "answer_start": 0}]}""")),
            "'Anne'", "the text does not hold it");
        Refused(() => _file.Questions("a.json", Squad("Ann", """{"question": "Who?", "answers": [{"text": "Ann", "answer_start": 99}]}""")), "3 characters");
    }

    [Fact]
    public void Contradictory_and_damaged_questions_are_told()
    {
        Refused(() => _file.Questions("a.json", Squad("Ann", """{"id": "1", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}], "is_impossible": true}""")), "impossible", "1 answer;");
        Refused(() => _file.Questions("a.json", Squad("Ann", """{"id": "1", "question": "Who?", "answers": [], "is_impossible": false}"""), new() { RequiresLabels = true }), "no answers", "is_impossible");
        Refused(() => _file.Questions("a.json", Squad("Ann", """{"id": "1", "answers": []}""")), "no text in 'question'");
        Refused(() => _file.Questions("a.json", "{\n \"data\": [{]}"), "line 2, column", "JSON");
        Refused(() => _file.Questions("a.json", "{\"data\": ["), "JSON");
        Refused(() => _file.Questions("a.json", "{\"version\": \"v2.0\"}"), "no member 'data'");
        Refused(() => _file.Questions("a.json", Squad(" ", """{"id": "1", "question": "Who?", "answers": []}""")), "empty");
        Refused(() => _file.Questions("a.csv", "question,context\n"), "SQuAD");
    }
}
