using TransformerXL.Files;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>A question as a file gives it, before its context is known.</summary>
internal sealed class RawQuestion
{
    public required ExamplePlace Place { get; init; }

    public string? Id { get; set; }

    public string? Question { get; set; }

    public bool? IsImpossible { get; set; }

    /// <summary>The answers; null if the file has none for this question.</summary>
    public List<RawAnswer>? Answers { get; set; }

    /// <summary>The question with its answers checked against the context.</summary>
    public QuestionExample Check(string context, string title, ExampleOptions options)
    {
        Place.Require(Question is not null, $"the question{Name} has no text in 'question'");
        string question = TextCheck.Text(Place, Question!, options.MaxText);
        if (options.IgnoresLabels)
        {
            return new QuestionExample { Place = Place, Id = Id, Title = title, Context = context, Question = question, Answers = [] };
        }

        bool unanswerable = IsImpossible ?? Answers is { Count: 0 };
        Place.Require(!unanswerable || Answers is not { Count: > 0 }, $"the question{Name} is marked as impossible, but has {Counted.Of(Answers?.Count ?? 0, "answer")}; remove the answers or the mark");
        Place.Require(unanswerable || Answers is { Count: > 0 } || !options.RequiresLabels, $"the question{Name} has no answers; give one, or mark it with \"is_impossible\": true");
        return new QuestionExample
        {
            Place = Place,
            Id = Id,
            Title = title,
            Context = context,
            Question = question,
            IsUnanswerable = unanswerable,
            Answers = [.. (Answers ?? []).Select(answer => Check(answer, context))],
        };
    }

    private string Name => Id is null ? "" : $" {InputText.Show(Id)}";

    private AnswerSpan Check(RawAnswer answer, string context)
    {
        string shown = InputText.Show(answer.Text, 60);
        answer.Place.Require(answer.Text.Length > 0, $"an answer of the question{Name} is empty; leave it out, or mark the question with \"is_impossible\": true");
        int start = answer.Start <= context.Length ? CodePoints.IndexOf(context, (int)answer.Start) : -1;
        if (start >= 0 && context.AsSpan(start).StartsWith(answer.Text, StringComparison.Ordinal))
        {
            return new AnswerSpan(answer.Text, start);
        }

        int found = context.IndexOf(answer.Text, StringComparison.Ordinal);
        string remedy = found >= 0
            ? $"it begins at character {CodePoints.Count(context[..found])}: correct 'answer_start', which counts characters from 0"
            : "the text does not hold it: copy the answer from the context as it is written there";
        string there = start >= 0 && start < context.Length ? $"where '{InputText.Show(context.AsSpan(start, Math.Min(answer.Text.Length, context.Length - start)), 60)}' is" : $"but the context has {Counted.Of(CodePoints.Count(context), "character")}";
        throw answer.Place.Fault($"the answer '{shown}' of the question{Name} is to begin at character {answer.Start}, {there}; {remedy}");
    }
}
