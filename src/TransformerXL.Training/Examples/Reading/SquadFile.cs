using System.Globalization;
using System.Text.Json;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Questions in the JSON of SQuAD 1.1 and 2.0, one paragraph at a time.</summary>
internal static class SquadFile
{
    private const int EscapedLength = 6, RoomForQuotes = 1 << 16;

    /// <summary>Opens a file.</summary>
    public static ExampleSource<QuestionExample> Open(string path, ExampleOptions options) =>
        new(path, ExampleFormat.Squad, "SQuAD JSON", () => Read(path, options));

    private static IEnumerable<QuestionExample> Read(string path, ExampleOptions options)
    {
        using JsonTokens json = new(path, (int)Math.Min(Array.MaxLength, ((long)EscapedLength * options.MaxText) + RoomForQuotes));
        bool found = false;
        json.Next();
        foreach (string member in json.Members("the file"))
        {
            if (member != "data")
            {
                json.Skip();
                continue;
            }

            found = true;
            foreach (int _ in json.Items("'data'"))
            {
                foreach (QuestionExample example in Article(json, options))
                {
                    yield return example;
                }
            }
        }

        Require.That(!json.Read(), $"'{path}' has more after the JSON object; it must hold one object");
        Require.That(found, $"'{path}' has no member 'data', in which SQuAD's JSON has the articles");
    }

    private static IEnumerable<QuestionExample> Article(JsonTokens json, ExampleOptions options)
    {
        string title = "";
        foreach (string member in json.Members("an article"))
        {
            switch (member)
            {
                case "title":
                    title = json.NextString("'title'");
                    break;
                case "paragraphs":
                    foreach (int _ in json.Items("'paragraphs'"))
                    {
                        foreach (QuestionExample example in Paragraph(json, title, options))
                        {
                            yield return example;
                        }
                    }

                    break;
                default:
                    json.Skip();
                    break;
            }
        }
    }

    /// <summary>The questions may stand before their context.</summary>
    private static List<QuestionExample> Paragraph(JsonTokens json, string title, ExampleOptions options)
    {
        ExamplePlace place = json.Place;
        string? context = null;
        List<RawQuestion> questions = [];
        foreach (string member in json.Members("a paragraph"))
        {
            switch (member)
            {
                case "context":
                    context = TextCheck.Text(json.Place, json.NextString("'context'"), options.MaxText);
                    break;
                case "qas":
                    foreach (int _ in json.Items("'qas'"))
                    {
                        questions.Add(ReadQuestion(json));
                    }

                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        return context is null
            ? throw place.Fault("the paragraph that begins here has no 'context'")
            : [.. questions.Select(question => question.Check(context, title, options))];
    }

    private static RawQuestion ReadQuestion(JsonTokens json)
    {
        RawQuestion question = new() { Place = json.Place };
        foreach (string member in json.Members("a question"))
        {
            switch (member)
            {
                case "id":
                    json.Next();
                    json.Place.Require(json.Type is JsonTokenType.String or JsonTokenType.Number, "'id' must be a string or a number");
                    question.Id = json.Text;
                    break;
                case "question":
                    question.Question = json.NextString("'question'");
                    break;
                case "is_impossible":
                    json.Next();
                    json.Place.Require(json.Type is JsonTokenType.True or JsonTokenType.False, "'is_impossible' must be true or false");
                    question.IsImpossible = json.Type == JsonTokenType.True;
                    break;
                case "answers":
                    question.Answers = [];
                    foreach (int _ in json.Items("'answers'"))
                    {
                        question.Answers.Add(ReadAnswer(json));
                    }

                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        return question;
    }

    private static RawAnswer ReadAnswer(JsonTokens json)
    {
        ExamplePlace place = json.Place;
        (string? text, long start) = (null, -1);
        foreach (string member in json.Members("an answer"))
        {
            switch (member)
            {
                case "text":
                    text = json.NextString("'text'");
                    break;
                case "answer_start":
                    json.Next();
                    json.Expect(JsonTokenType.Number, "'answer_start'", "a number");
                    json.Place.Require(
                        long.TryParse(json.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out start) && start >= 0,
                        $"'answer_start' is {Files.InputText.Show(json.Text)}, but must be a whole number from 0 on");
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        return new RawAnswer(place, text ?? throw place.Fault("an answer has no 'text'"), start >= 0 ? start : throw place.Fault("an answer has no 'answer_start'"));
    }
}
