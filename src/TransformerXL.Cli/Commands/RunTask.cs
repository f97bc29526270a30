using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Tensors.Cpu;
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

    /// <summary>Reads the examples that a run was started with, and those of other files if given.</summary>
    /// <exception cref="InputException">They are missing, or have changed.</exception>
    public TaskExamples Reopen(string path, CancellationToken stop)
    {
        RunDirectory run = RunDirectory.Open(path);
        RunConfiguration configuration = run.ReadConfiguration();
        CorpusOptions files = configuration.Corpus ?? throw new InputException($"'{path}' does not name the examples that it was trained on");
        using StatusLine status = new(terminal);
        status.Show("reading the examples");
        TaskExamples examples = TaskData.Load(files with { Vocabulary = null }, configuration.Task!, File.Exists(run.VocabularyFile) ? run.ReadVocabulary() : null, stop);
        return configuration.Head is null || examples.Head.Labels.SequenceEqual(configuration.Head.Labels)
            ? examples
            : throw new InputException($"the examples of '{path}' have changed since it was begun: they have {Figures.Count(examples.Head.Labels.Count, "label")}, the run has {configuration.Head.Labels.Count}. Put the files back, or train anew into another folder");
    }

    /// <summary>Measures a trained model on a part of the examples of its run, or on others, whose columns may differ.</summary>
    /// <exception cref="InputException">The examples are missing or invalid.</exception>
    public TaskReport Evaluate(ModelFolder trained, CpuBackend backend, SplitPart part, string? other, CancellationToken stop, Func<ExampleOptions, ExampleOptions>? columns = null)
    {
        using StatusLine status = new(terminal);
        status.Show("reading the examples");
        if (RunDirectory.Find(trained.Path) is not { } run)
        {
            string path = other ?? throw new InputException($"{trained.Path} is a model folder, which does not name the examples of its training; name some with --data, or evaluate the run that it was made from");
            ExampleOptions options = columns?.Invoke(new ExampleOptions()) ?? new ExampleOptions();
            return TaskData.LoadForModel(path, options, trained, stop).Evaluate(trained, backend, new TaskConfiguration { Kind = KindOf(trained.Head!.Configuration.Kind) }, new Progress(status), stop);
        }

        RunConfiguration configuration = run.ReadConfiguration();
        TaskExamples examples = TaskData.LoadForEvaluation(configuration.Corpus!, configuration.Task!, trained.Vocabulary, part, other, columns?.Invoke(configuration.Task!.Examples ?? new ExampleOptions()), stop);
        return examples.Evaluate(trained, backend, configuration.Task!, new Progress(status), stop);
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
