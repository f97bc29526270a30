using System.Globalization;

namespace TransformerXL.Training.Examples;

/// <summary>Reads the splits of a data set and compares them.</summary>
/// <typeparam name="T">The kind of examples.</typeparam>
/// <param name="unit">What lengths count.</param>
/// <param name="labelsOf">The labels of an example, as they are counted.</param>
internal sealed class DataSurvey<T>(string unit, Func<T, IEnumerable<string>> labelsOf) where T : Example
{
    private const string Training = "training", Validation = "validation", Test = DataSummary.Test;
    private readonly List<SplitSurvey> _surveys = [];
    private readonly List<SplitSummary> _summaries = [];
    private readonly List<SplitOverlap> _overlaps = [];
    private readonly HashSet<string> _leftOut = [];

    /// <summary>The first example without a label of each split.</summary>
    private readonly Dictionary<string, ExamplePlace> _unlabelled = [];

    private DataWarning? _withoutTest;

    /// <summary>The labels of the training split.</summary>
    public IReadOnlyDictionary<string, long> TrainingLabels => _surveys[0].Labels;

    /// <summary>Reads all splits; each example is checked before it is counted.</summary>
    /// <param name="train">The training data.</param>
    /// <param name="validation">The validation data; null if there is none.</param>
    /// <param name="test">The test data; null if there is none.</param>
    /// <param name="check">Told each example with whether it is of the training data.</param>
    /// <param name="trained">Called between the training data and the others.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InputException">A split is empty, unless it is a share for test, or an example is wrong.</exception>
    public DataSummary Read(
        ExampleSource<T> train, ExampleSource<T>? validation, ExampleSource<T>? test, Action<T, bool> check, Action trained, CancellationToken cancellationToken)
    {
        Read(Training, train, example => check(example, true), cancellationToken);
        trained();
        foreach ((string name, ExampleSource<T>? source) in ((string, ExampleSource<T>?)[])[(Validation, validation), (Test, test)])
        {
            if (source is not null)
            {
                Read(name, source, example => check(example, false), cancellationToken);
            }
        }

        return new DataSummary(_summaries, _overlaps, [.. _withoutTest is null ? [] : (DataWarning[])[_withoutTest], .. Warnings().Select(message => new DataWarning(message))]);
    }

    private void Read(string name, ExampleSource<T> source, Action<T> check, CancellationToken cancellationToken)
    {
        SplitSurvey survey = new(name, unit);
        long[] counts = new long[_surveys.Count];
        ExamplePlace[] places = new ExamplePlace[_surveys.Count];
        foreach (T example in source)
        {
            cancellationToken.ThrowIfCancellationRequested();
            check(example);
            if (!example.IsLabelled)
            {
                _unlabelled.TryAdd(name, example.Place);
            }

            UInt128 input = survey.Add(example, labelsOf(example));
            for (int i = 0; i < _surveys.Count; i++)
            {
                if (_surveys[i].Has(input) && counts[i]++ == 0)
                {
                    places[i] = example.Place;
                }
            }
        }

        if (survey.Count == 0)
        {
            InputException empty = Empty(name, source);
            if (name != Test || empty.Remedies.Count == 0)
            {
                throw empty;
            }

            // A training needs no test examples, and of few examples a share may be empty.
            _withoutTest = new DataWarning(empty.Message) { Remedies = empty.Remedies };
            return;
        }

        // Training data without labels has an error of its own.
        if (name == Validation && survey.Unlabelled == survey.Count && _surveys[0].Unlabelled < _surveys[0].Count)
        {
            throw source.Unlabelled();
        }

        if (source.LeftOut is { } note)
        {
            _leftOut.Add(note);
        }

        for (int i = 0; i < _surveys.Count; i++)
        {
            if (counts[i] > 0)
            {
                _overlaps.Add(new SplitOverlap(_surveys[i].Name, name, counts[i], places[i]));
            }
        }

        _surveys.Add(survey);
        _summaries.Add(survey.Summary(source.Path, source.FormatName));
    }

    private static InputException Empty(string name, ExampleSource<T> source)
    {
        string why = source.Whole?.Any() == true
            ? $": a hash of each example chooses its part, equal ones are in the same part, and none was chosen; give {name} a larger share or a file of its own, or add examples"
            : "";
        return new InputException($"'{source.Path}' has no examples for {name}{why}")
        {
            Remedies = why.Length == 0 ? [] : name switch
            {
                Training => [new("corpus.trainPath")],
                Validation => [new("corpus.validationFraction"), new("corpus.validationPath")],
                _ => [new("corpus.testFraction"), new("corpus.testPath")],
            },
        };
    }

    private IEnumerable<string> Warnings()
    {
        foreach (string note in _leftOut)
        {
            yield return note;
        }

        foreach (SplitOverlap overlap in _overlaps)
        {
            yield return Text($"{overlap.Count} of the {Of(overlap.Second).Count} {overlap.Second} examples {(overlap.Count == 1 ? "is" : "are")} in the {overlap.First} data as well, such as {overlap.Example}: results on them say little; remove them from one of the two");
        }

        foreach (SplitSummary split in _summaries)
        {
            if (split.Contradictions > 0)
            {
                yield return Text($"{split.Contradictions} {split.Name} {(split.Contradictions == 1 ? "example has" : "examples have")} the input of an earlier one but another answer{(split.Contradictions == 1 ? "" : ", such as")} {_surveys.Single(survey => survey.Name == split.Name).FirstContradiction}: no model can have both right; correct or remove one of the two");
            }

            if (split.Unlabelled > 0)
            {
                yield return Text($"{split.Unlabelled} of the {split.Count} {split.Name} examples {(split.Unlabelled == 1 ? "has" : "have")} no label or answer and {(split.Unlabelled == 1 ? "is" : "are")} left out: {_unlabelled[split.Name]}{(split.Unlabelled == 1 ? "" : " is the first")}");
            }
        }
    }

    private SplitSummary Of(string name) => _summaries.Single(split => split.Name == name);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
