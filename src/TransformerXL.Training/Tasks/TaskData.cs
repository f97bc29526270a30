using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Tasks;

/// <summary>Reads the examples of a task from the files that a configuration names.</summary>
public static class TaskData
{
    /// <summary>Reads training and validation examples, makes the vocabulary from the training texts unless one is named, and encodes them.</summary>
    /// <param name="files">The files and the vocabulary; a single file is divided by its fractions, so that equal texts are in the same part.</param>
    /// <param name="task">The task.</param>
    /// <param name="given">The vocabulary of a run that is to go on; null otherwise.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">A file is missing or damaged, or an example is wrong; the message names file and line.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static TaskExamples Load(CorpusOptions files, TaskConfiguration task, Vocabulary? given = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(task);
        task.Validate();
        ExampleOptions options = task.Examples ?? new ExampleOptions();
        return task.Kind switch
        {
            TaskKind.Classify => ClassificationExamples.Load(Open(files, path => ExampleFiles.OpenTexts(path, options)), files, task, given, cancellationToken),
            TaskKind.Label => LabellingExamples.Load(Open(files, path => ExampleFiles.OpenSentences(path, options)), files, task, given, cancellationToken),
            _ => AnsweringExamples.Load(Open(files, path => ExampleFiles.OpenQuestions(path, options)), files, task, given, cancellationToken),
        };
    }

    /// <summary>Reads the examples of a run again, with others in the place of those to validate on.</summary>
    /// <param name="files">The files of the run.</param>
    /// <param name="task">The task.</param>
    /// <param name="vocabulary">The vocabulary of the run.</param>
    /// <param name="part">The part of the run's examples.</param>
    /// <param name="other">A file of other examples instead; null for none.</param>
    /// <param name="otherOptions">How that file is read; as those of the training if null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">A file is missing or damaged, there is no such part, or an example is wrong.</exception>
    public static TaskExamples LoadForEvaluation(
        CorpusOptions files, TaskConfiguration task, Vocabulary vocabulary, SplitPart part, string? other = null, ExampleOptions? otherOptions = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(task);
        ExampleOptions options = task.Examples ?? new ExampleOptions();
        files = files with { Vocabulary = null };
        return task.Kind switch
        {
            TaskKind.Classify => ClassificationExamples.Load(Measured(ExampleFiles.OpenTexts), files, task, vocabulary, cancellationToken),
            TaskKind.Label => LabellingExamples.Load(Measured(ExampleFiles.OpenSentences), files, task, vocabulary, cancellationToken),
            _ => AnsweringExamples.Load(Measured(ExampleFiles.OpenQuestions), files, task, vocabulary, cancellationToken),
        };

        Parts<T> Measured<T>(Func<string, ExampleOptions, ExampleSource<T>> open) where T : Example
        {
            Parts<T> parts = Open(files, path => open(path, options));
            ExampleSource<T>? measured = other is not null ? open(other, otherOptions ?? options) : part switch
            {
                SplitPart.Train => parts.Train,
                SplitPart.Validation => parts.Validation,
                _ => parts.Test,
            };
            measured = measured is { Whole: not null } share && !share.Any() ? null : measured;
            return new Parts<T>(parts.Train, measured ?? throw new InputException($"the run has no {(part == SplitPart.Test ? "test" : "validation")} examples; choose another part, or name a file"), null);
        }
    }

    /// <summary>Whether there are examples in a part.</summary>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    internal static bool Has(CorpusOptions files, TaskConfiguration task, SplitPart part)
    {
        ExampleOptions options = task.Examples ?? new ExampleOptions();
        return task.Kind switch
        {
            TaskKind.Classify => Has(Open(files, path => ExampleFiles.OpenTexts(path, options))),
            TaskKind.Label => Has(Open(files, path => ExampleFiles.OpenSentences(path, options))),
            _ => Has(Open(files, path => ExampleFiles.OpenQuestions(path, options))),
        };

        bool Has<T>(Parts<T> parts) where T : Example => (part switch
        {
            SplitPart.Train => parts.Train,
            SplitPart.Validation => parts.Validation,
            _ => parts.Test,
        })?.Any() == true;
    }

    /// <summary>Reads examples to measure a model with whose training examples are not known, such as one of another program: there are no baselines.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="trained">The model.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">The model has no head, a file is missing or damaged, or an example is wrong or has a label that the model does not have.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static TaskExamples LoadForModel(string path, ExampleOptions options, ModelFolder trained, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(trained);
        HeadConfiguration head = trained.Head?.Configuration ?? throw new InputException($"{trained.Path} predicts tokens, not labels or answers");
        return head.Kind switch
        {
            HeadKind.Tags => LabellingExamples.ForModel(ExampleFiles.OpenSentences(path, options), head, trained.Vocabulary, cancellationToken),
            HeadKind.Spans => AnsweringExamples.ForModel(ExampleFiles.OpenQuestions(path, options), head, trained.Vocabulary, cancellationToken),
            _ => ClassificationExamples.ForModel(ExampleFiles.OpenTexts(path, options with { Labels = LabelsOf(head.Kind) }), head, trained.Vocabulary, cancellationToken),
        };
    }

    private static LabelKind LabelsOf(HeadKind kind) => kind switch
    {
        HeadKind.Number => LabelKind.Number,
        HeadKind.SeveralLabels => LabelKind.Several,
        _ => LabelKind.One,
    };

    /// <summary>The labelled examples of a file, each of them checked.</summary>
    internal static IReadOnlyList<T> ReadForModel<T>(ExampleSource<T> source, Action<T> check, CancellationToken cancellationToken) where T : Example
    {
        List<T> examples = [];
        foreach (T example in source.Where(example => example.IsLabelled))
        {
            cancellationToken.ThrowIfCancellationRequested();
            check(example);
            examples.Add(example);
        }

        return examples.Count > 0 ? examples : throw source.Unlabelled();
    }

    /// <summary>Requires that a model has a label.</summary>
    internal static void RequireLabel(LabelSet labels, string label, ExamplePlace place)
    {
        if (!labels.TryGetId(label, out _))
        {
            throw place.Fault($"the label '{InputText.Show(label)}' is not one of the model's; {labels.Nearest(label)}");
        }
    }

    /// <summary>The parts of the examples.</summary>
    /// <param name="Train">To learn from.</param>
    /// <param name="Validation">To choose the best weights by; null if there are none.</param>
    /// <param name="Test">To measure the result on; null if there are none.</param>
    internal sealed record Parts<T>(ExampleSource<T> Train, ExampleSource<T>? Validation, ExampleSource<T>? Test) where T : Example
    {
        /// <summary>Examples without an answer are left out.</summary>
        public IEnumerable<T> LabelledTrain => Train.Where(example => example.IsLabelled);

        /// <inheritdoc cref="LabelledTrain"/>
        public IEnumerable<T> LabelledValidation => Validation is null ? [] : Validation.Where(example => example.IsLabelled);
    }

    internal static Parts<T> Open<T>(CorpusOptions files, Func<string, ExampleSource<T>> open) where T : Example
    {
        if (files.TrainPath is { } train)
        {
            return new Parts<T>(open(train), Optional(files.ValidationPath, open), Optional(files.TestPath, open));
        }

        string path = files.Path ?? throw new InputException("no examples are named") { Remedies = [new("corpus.path"), new("corpus.trainPath")] };
        if (Directory.Exists(path) && ExampleFiles.FindSplits(path) is { } splits)
        {
            return new Parts<T>(open(splits.Train), Optional(splits.Validation, open), Optional(splits.Test, open));
        }

        ExampleSource<T> all = open(path);
        (double validation, double test) = (files.ValidationFraction, files.TestFraction);
        return new Parts<T>(
            all.Part(SplitPart.Train, validation, test),
            validation > 0 ? all.Part(SplitPart.Validation, validation, test) : null,
            test > 0 ? all.Part(SplitPart.Test, validation, test) : null);
    }

    /// <summary>The vocabulary: that of a run, that of a file, or one made from the texts.</summary>
    internal static Vocabulary VocabularyOf(CorpusOptions files, Vocabulary? given, IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        VocabularyChoice choice = VocabularyChoice.Of(files.Vocabulary, given);
        if (choice.Given is { } known)
        {
            return known;
        }

        IVocabularyBuilder? builder = VocabularyBuilders.Create(choice.Options);
        if (builder is null)
        {
            return choice.Options.Complete(new ByteVocabulary());
        }

        foreach (string text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            builder.Add(System.Text.Encoding.UTF8.GetBytes(text));
            builder.Add("\n"u8);
        }

        return choice.Options.Complete(builder.Complete(null, cancellationToken));
    }

    private static ExampleSource<T>? Optional<T>(string? path, Func<string, ExampleSource<T>> open) where T : Example => path is null ? null : open(path);
}
