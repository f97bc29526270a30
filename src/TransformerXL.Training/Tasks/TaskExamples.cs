using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TransformerXL.Heads;
using TransformerXL.Inference.Ordering;
using TransformerXL.Labels;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Footprint;

namespace TransformerXL.Training.Tasks;

/// <summary>The examples of a task: those to train on as tokens, those to validate on, and what is known of both.</summary>
public abstract class TaskExamples
{
    private long? _unknown;

    /// <summary>What the tokens stand for.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>The head that the examples ask for.</summary>
    public required HeadConfiguration Head { get; init; }

    /// <summary>The name of the examples in messages.</summary>
    public required string Name { get; init; }

    /// <summary>Sizes, balance of labels, lengths, and what may be wrong.</summary>
    public required DataSummary Summary { get; init; }

    /// <summary>Validation examples.</summary>
    public abstract int ValidationCount { get; }

    /// <summary>Whether there are examples for test, which a training does not use.</summary>
    internal bool HasTest => Summary.Splits.Any(split => split.Name == DataSummary.Test);

    /// <summary>Identifies the training examples.</summary>
    public string Identity => field ??= Identify();

    /// <summary>Identifies the validation examples, in any order.</summary>
    internal string ValidationIdentity => field ??= IdentifyValidation();

    /// <summary>Training examples.</summary>
    public int Count => Documents.Count;

    /// <summary>Tokens of all training examples.</summary>
    public long Tokens => Documents.Sum(document => (long)document.Ids.Length);

    /// <summary>The task for a configuration.</summary>
    public abstract DocumentTask CreateTask(RunConfiguration configuration, Backend backend);

    /// <summary>Measures a trained model on the validation examples, with the baselines.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="task">The task.</param>
    /// <param name="progress">Receives the progress of the measurement.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InputException">The model has no head for these examples.</exception>
    public TaskReport Evaluate(ModelFolder trained, Backend backend, TaskConfiguration task, IProgress<ValidationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        TaskRunner runner = RunnerOf(trained, backend);
        return Measure(runner, task, progress, cancellationToken) with { Step = trained.Step ?? 0 };
    }

    /// <summary>
    /// The same, and beside it what a <see cref="LabelFilter"/> reaches, which predicts the label of each example with the examples before it: their order must be that in which the texts are read. For one label of each text.
    /// </summary>
    /// <inheritdoc cref="Evaluate"/>
    /// <param name="trained">The model.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="task">The task.</param>
    /// <param name="order">The values of the filter; found on the same examples if null.</param>
    /// <param name="progress">Receives the progress of the measurement.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InputException">The model has no head for these examples, or it does not predict one label of each text.</exception>
    public TaskReport EvaluateInOrder(
        ModelFolder trained, Backend backend, TaskConfiguration task, LabelOrder? order = null, IProgress<ValidationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        MeasureInOrder(RunnerOf(trained, backend), task, order, progress, cancellationToken) with { Step = trained.Step ?? 0 };

    private TaskRunner RunnerOf(ModelFolder trained, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(trained);
        TransformerXL.Require.That(
            trained.Head is { } head && head.Configuration.Kind == Head.Kind && head.Configuration.Labels.SequenceEqual(Head.Labels),
            $"the head of {trained.Path} has other labels than these examples");
        return new TaskRunner(trained.Model, trained.Head!, backend, trained.Configuration.Context, new PreparedWeights());
    }

    internal abstract TaskReport Measure(TaskRunner runner, TaskConfiguration task, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken);

    internal virtual TaskReport MeasureInOrder(TaskRunner runner, TaskConfiguration task, LabelOrder? order, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        throw new InputException($"labels of texts in order need a model that predicts one label of each text, but this one predicts {TaskFolders.Words(Head.Kind)}");

    internal IReadOnlyList<TaskDocument> Documents { get; init; } = [];

    /// <summary>Tokens of the training examples that are not in the vocabulary.</summary>
    internal long UnknownInTraining { get; init; }

    /// <summary>The same of the validation examples.</summary>
    internal long UnknownInValidation => _unknown ??= CountUnknown();

    /// <summary>The validation examples.</summary>
    private protected abstract IEnumerable<Example> ValidationExamples { get; }

    /// <summary>The texts of the validation examples.</summary>
    private protected abstract IEnumerable<string> ValidationTexts { get; }

    /// <summary>What the steps of the first epoch keep until their ends: of those that keep more than any before.</summary>
    internal IReadOnlyList<DocumentRows> RowsOfSteps(RunConfiguration configuration)
    {
        (TrainingConfiguration training, TaskConfiguration task, int segment) = (configuration.Training, configuration.Task!, configuration.Context.TargetLength);
        bool fills = configuration.Model.Family.FillsSegments;
        DocumentBatches batches = new(Documents, training.BatchSize, segment, training.Seed);
        List<DocumentRows> records = [];
        foreach (int[] chunk in batches.LengthsOf(1).SelectMany(batch => batch.Chunk(Math.Max(1, training.BatchSize / training.BatchChunks))))
        {
            DocumentLengths lengths = new(chunk, segment, fills);
            int remembered = DocumentLoss.FirstLearned(task, lengths) * segment;
            DocumentRows step = new(Math.Max(0, lengths.Rows - remembered), DocumentLoss.NeedsAll(task) ? Math.Min(remembered, lengths.Rows) : 0, task.SegmentsWithGradient > 1);
            if (records.All(before => step.Learned > before.Learned || step.All > before.All))
            {
                records.Add(step);
            }
        }

        return records;
    }

    /// <summary>How often each label occurs in the training examples.</summary>
    internal abstract IReadOnlyList<long> LabelCounts { get; }

    /// <summary>How often each label occurs.</summary>
    private protected static long[] CountOf(LabelSet labels, IEnumerable<string> occurrences)
    {
        long[] counts = new long[labels.Count];
        foreach (string label in occurrences)
        {
            counts[labels.IdOf(label)]++;
        }

        return counts;
    }

    private long CountUnknown()
    {
        if (Vocabulary.UnknownId is null)
        {
            return 0;
        }

        TaskTexts texts = new(Vocabulary);
        foreach (string text in ValidationTexts)
        {
            texts.Encode(text);
        }

        return texts.Unknown;
    }

    private string IdentifyValidation()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((UInt128 input, UInt128 answer) in ValidationExamples.Select(example => (example.InputFingerprint(), example.AnswerFingerprint())).Order())
        {
            hash.AppendData(MemoryMarshal.AsBytes<UInt128>([input, answer]));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string Identify()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', Head.Labels)));
        foreach (TaskDocument document in Documents)
        {
            hash.AppendData(BitConverter.GetBytes(document.Ids.Length));
            hash.AppendData(MemoryMarshal.AsBytes<int>(document.Ids));
            hash.AppendData(MemoryMarshal.AsBytes<int>(document.Targets));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
