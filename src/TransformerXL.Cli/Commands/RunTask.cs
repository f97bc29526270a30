using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Heads;
using TransformerXL.Inference.Ordering;
using TransformerXL.Labels;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary>The examples of a run that learns a task.</summary>
internal sealed class RunTask(Terminal terminal)
{
    private const int MaxLabels = 12;

    /// <summary>Reads the examples of a new run.</summary>
    public TaskExamples Load(RunConfiguration configuration, CancellationToken stop)
    {
        using StatusLine status = new(terminal);
        status.Show("reading the examples");
        return TaskData.Load(configuration.Corpus ?? new CorpusOptions(), configuration.Task!, null, stop);
    }

    /// <summary>Reads the examples that a run was started with.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="moved">Where they are now; where they were if null.</param>
    /// <param name="stop">Ends the reading.</param>
    /// <exception cref="InputException">They are missing, or have changed.</exception>
    public TaskExamples Reopen(string path, CorpusOptions? moved, CancellationToken stop)
    {
        RunDirectory run = RunDirectory.Open(path);
        RunConfiguration configuration = run.ReadConfiguration();
        CorpusOptions stored = configuration.Corpus ?? throw new InputException($"'{path}' does not name the examples that it was trained on");
        CorpusOptions files = moved ?? stored;
        RequireExamples(path, stored, files);
        using StatusLine status = new(terminal);
        status.Show("reading the examples");
        TaskExamples examples = TaskData.Load(files with { Vocabulary = null }, configuration.Task!, File.Exists(run.VocabularyFile) ? run.ReadVocabulary() : null, stop);
        return configuration.Head is null || examples.Head.Labels.SequenceEqual(configuration.Head.Labels)
            ? examples
            : throw new InputException($"the examples of '{path}' have changed since it was begun: they have {Figures.Count(examples.Head.Labels.Count, "label")}, the run has {configuration.Head.Labels.Count}. Put the files back, or train anew into another folder");
    }

    /// <summary>Whether a run has validation examples, but none for test.</summary>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    public static bool LacksTest(ModelFolder trained)
    {
        if (RunDirectory.Find(trained.Path)?.ReadConfiguration() is not { Corpus: { } files, Task: { } task })
        {
            return false;
        }

        RequireExamples(trained.Path, files, files);
        return !TaskData.Has(files, task, SplitPart.Test) && TaskData.Has(files, task, SplitPart.Validation);
    }

    /// <summary>Measures a trained model on a part of the examples of its run, or on others, whose columns may differ.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="part">The part of the run's examples.</param>
    /// <param name="other">Other examples; null for those of the run.</param>
    /// <param name="inOrder">Whether each label is also predicted with the texts before. The values of the filter are found on the validation examples of the run and kept in it.</param>
    /// <param name="stop">Ends the measurement.</param>
    /// <param name="columns">The columns of the other examples, from those of the run.</param>
    /// <exception cref="InputException">The examples are missing or invalid, or texts in order are not what the model predicts.</exception>
    public TaskReport Evaluate(ModelFolder trained, CpuBackend backend, SplitPart part, string? other, bool inOrder, CancellationToken stop, Func<ExampleOptions, ExampleOptions>? columns = null)
    {
        using StatusLine status = new(terminal);
        status.Show("reading the examples");
        if (RunDirectory.Find(trained.Path) is not { } run)
        {
            string path = other ?? throw new InputException($"{trained.Path} is a model folder, which does not name the examples of its training; name some with --data, or evaluate the run that it was made from");
            ExampleOptions options = columns?.Invoke(new ExampleOptions()) ?? new ExampleOptions();
            return Measure(TaskData.LoadForModel(path, options, trained, stop), trained, backend, new TaskConfiguration { Kind = KindOf(trained.Head!.Configuration.Kind) }, inOrder ? LabelOrders.Require(trained) : null, status, stop);
        }

        RunConfiguration configuration = run.ReadConfiguration();
        CorpusOptions files = configuration.Corpus ?? throw new InputException($"{trained.Path} does not name the examples of its training");
        if (inOrder && other is null && part == SplitPart.Validation)
        {
            return FindOrder(trained, backend, files, configuration.Task!, status, stop);
        }

        LabelOrder? order = !inOrder ? null : LabelOrder.Find(trained) ?? FindOrder(trained, backend, files, configuration.Task!, status, stop).InOrder!.Order;
        ExampleOptions ofRun = configuration.Task!.Examples ?? new ExampleOptions();
        TaskExamples examples;
        if (other is not null && Missing(files) is [var missing, ..])
        {
            terminal.Notes.WriteLine($"txl: '{missing.Path}', which the model learned from, does not exist; there are no baselines");
            examples = TaskData.LoadForModel(other, columns?.Invoke(ofRun) ?? ofRun, trained, stop);
        }
        else
        {
            RequireExamples(trained.Path, files, files);
            examples = TaskData.LoadForEvaluation(files, configuration.Task!, trained.Vocabulary, part, other, columns?.Invoke(ofRun), stop);
        }

        return Measure(examples, trained, backend, configuration.Task!, order, status, stop);
    }

    /// <summary>Measures the validation examples of a run in their order, and keeps the values that are found on them.</summary>
    private TaskReport FindOrder(ModelFolder trained, CpuBackend backend, CorpusOptions files, TaskConfiguration task, StatusLine status, CancellationToken stop)
    {
        RequireExamples(trained.Path, files, files);
        TaskExamples examples = TaskData.LoadForEvaluation(files, task, trained.Vocabulary, SplitPart.Validation, cancellationToken: stop);
        TaskReport report = examples.EvaluateInOrder(trained, backend, task, null, new Progress(status), stop);
        status.Clear();
        NoteUnknown(terminal, examples.UnknownInValidation, trained.Vocabulary);
        NoteGaps(report);
        try
        {
            report.InOrder!.Order.Save(trained);
            terminal.Notes.WriteLine($"txl: the run keeps how labels follow one another in its validation examples ({LabelOrder.FileName}); 'txl predict --in-order' uses it");
        }
        catch (InputException exception)
        {
            terminal.Notes.WriteLine($"txl: {exception.Message}; how labels follow one another is not kept");
        }

        return report;
    }

    private TaskReport Measure(TaskExamples examples, ModelFolder trained, CpuBackend backend, TaskConfiguration task, LabelOrder? order, StatusLine status, CancellationToken stop)
    {
        TaskReport report = order is null
            ? examples.Evaluate(trained, backend, task, new Progress(status), stop)
            : examples.EvaluateInOrder(trained, backend, task, order, new Progress(status), stop);
        status.Clear();
        NoteUnknown(terminal, examples.UnknownInValidation, trained.Vocabulary);
        NoteGaps(report);
        return report;
    }

    private void NoteGaps(TaskReport report)
    {
        if (report.InOrder?.HasGaps == true)
        {
            terminal.Notes.WriteLine("txl: the examples are a share of one file, with others between them; --train, --valid and --test of 'txl train' name files whose texts follow one another");
        }
    }

    /// <summary>Rejects a run whose examples are no longer where they were, unless the command names their new places.</summary>
    private static void RequireExamples(string path, CorpusOptions stored, CorpusOptions files)
    {
        (string Path, string Option)[] missing = [.. Missing(files).Intersect(Named(stored))];
        if (missing.Length > 0)
        {
            string places = string.Join(' ', missing.Select(file => $"{file.Option} PATH"));
            throw new InputException($"'{missing[0].Path}', which {path} learned from, does not exist. Put it back, or say where it is now: 'txl train --resume {ProgramCall.Quote(path)} {places}'");
        }
    }

    private static (string Path, string Option)[] Missing(CorpusOptions files) => [.. Named(files).Where(file => !File.Exists(file.Path) && !Directory.Exists(file.Path))];

    private static IEnumerable<(string Path, string Option)> Named(CorpusOptions files)
    {
        foreach ((string? path, string option) in ((string?, string)[])[(files.Path, "--data"), (files.TrainPath, "--train"), (files.ValidationPath, "--valid"), (files.TestPath, "--test")])
        {
            if (path is not null)
            {
                yield return (path, option);
            }
        }
    }

    private static TaskKind KindOf(HeadKind kind) => kind switch
    {
        HeadKind.Tags => TaskKind.Label,
        HeadKind.Spans => TaskKind.Answer,
        _ => TaskKind.Classify,
    };

    private sealed class Progress(StatusLine status) : IProgress<ValidationProgress>
    {
        public void Report(ValidationProgress value) => status.Show($"evaluating: {ValidationStatus.Describe(value)}");
    }

    /// <summary>Prints sizes, balance of labels and warnings before the training starts, which begins even if they cannot be written.</summary>
    public void Describe(TaskExamples examples)
    {
        TrainingRun.ContinueWithoutOutput(terminal);
        if (!terminal.IsQuiet)
        {
            foreach (SplitSummary split in examples.Summary.Splits)
            {
                terminal.Out.WriteLine(Words(split));
            }

            if (examples.Head.Kind == HeadKind.Tags)
            {
                terminal.Out.WriteLine(Words(examples.Head.Scheme));
            }

            terminal.Out.Flush();
        }

        foreach (DataWarning warning in examples.Summary.Warnings)
        {
            terminal.Notes.WriteLine($"txl: {warning.Message}{OptionNames.Hint(warning.Remedies)}");
        }

        NoteUnknown(terminal, examples.UnknownInTraining + examples.UnknownInValidation, examples.Vocabulary);
    }

    /// <summary>Reports tokens that the model cannot tell from each other.</summary>
    public static void NoteUnknown(Terminal terminal, long count, Vocabulary vocabulary)
    {
        if (count > 0)
        {
            terminal.Notes.WriteLine($"txl: {Figures.Count(count, vocabulary.Unit)} {(count == 1 ? "is" : "are")} not in the vocabulary");
        }
    }

    private static string Words(TagScheme scheme) => scheme == TagScheme.Plain
        ? "scheme of the labels: plain, they mark no spans (--scheme names another)"
        : $"scheme of the labels: {scheme.ToString().ToUpperInvariant()}, they mark spans of words (--scheme names another)";

    private static string Words(SplitSummary split)
    {
        LabelCount[] counts = [.. split.Labels.OrderByDescending(label => label.Count)];
        string labels = string.Join(", ", counts.Take(MaxLabels).Select(label => $"{label.Label} {Figures.Count(label.Count)}"));
        string more = counts.Length > MaxLabels ? string.Create(CultureInfo.InvariantCulture, $" and {Figures.Count(counts.Length - MaxLabels, "label")} more") : "";
        return $"{split.Name}: {Figures.Count(split.Count, "example")} ({split.Format}), {Figures.Count(split.Lengths.Median, split.Lengths.Unit.TrimEnd('s'))} in the middle, at most {Figures.Count(split.Lengths.Maximum)}{(labels.Length > 0 ? ": " : "")}{labels}{more}";
    }
}
