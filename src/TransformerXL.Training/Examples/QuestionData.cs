using TransformerXL.Files;

namespace TransformerXL.Training.Examples;

/// <summary>What the answering of questions learns from: whether some have no answer, and a summary of the data.</summary>
public sealed record QuestionData
{
    private QuestionData()
    {
    }

    /// <summary>Whether some questions of the training data are not answered by their context.</summary>
    public required bool HasUnanswerable { get; init; }

    /// <summary>Counts, lengths, duplicates. Its labels count questions with and without an answer.</summary>
    public required DataSummary Summary { get; init; }

    /// <summary>Reads all splits once, and checks that they fit each other.</summary>
    /// <param name="train">The training data.</param>
    /// <param name="validation">The validation data; null if there is none.</param>
    /// <param name="test">The test data; null if there is none.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InputException">A split is empty, names a question twice, or the training data has no answers.</exception>
    public static QuestionData Inspect(
        ExampleSource<QuestionExample> train,
        ExampleSource<QuestionExample>? validation = null,
        ExampleSource<QuestionExample>? test = null,
        CancellationToken cancellationToken = default)
    {
        const string Answered = "with answer", Unanswerable = "without answer";
        ArgumentNullException.ThrowIfNull(train);
        DataSurvey<QuestionExample> survey = new("characters", example => example.IsUnanswerable ? [Unanswerable] : example.Answers.Count > 0 ? [Answered] : []);
        Dictionary<(string File, UInt128 Id), ExamplePlace> ids = [];
        bool unanswerable = false;
        DataSummary summary = survey.Read(
            train,
            validation,
            test,
            (example, _) => RequireNewId(example, ids),
            () => unanswerable = survey.TrainingLabels.ContainsKey(Unanswerable),
            cancellationToken);
        Require.That(survey.TrainingLabels.ContainsKey(Answered), $"the training data '{train.Path}' has no question with an answer; there is nothing to learn from. Answers are objects with text and answer_start in the list 'answers' of a question");
        return new QuestionData { HasUnanswerable = unanswerable, Summary = summary };
    }

    private static void RequireNewId(QuestionExample example, Dictionary<(string File, UInt128 Id), ExamplePlace> ids)
    {
        if (example.Id is null)
        {
            return;
        }

        (string, UInt128) key = (example.Place.File, Fingerprint.Of([example.Id]));
        // A file that is read twice, as training and as other data, meets each of its ids again.
        if (!ids.TryAdd(key, example.Place) && ids[key] != example.Place)
        {
            throw example.Place.Fault($"the id '{InputText.Show(example.Id)}' names an earlier question as well, at {ids[key]}; ids must differ, so change one of the two");
        }
    }
}
