using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Batches;

namespace TransformerXL.Training.Tasks;

/// <summary>
/// A task on documents with a head: each is read from its beginning, in segments with the memory of the model, those of about the same length side by
/// side.
/// </summary>
public abstract class DocumentTask : TrainingTask
{
    // The weights of n-grams begin at zero, and most n-grams are rare.
    private const double NGramRate = 40;

    private readonly DocumentLoss _documents;
    private readonly TaskExamples _examples;
    private readonly Tensor _labelWeights;

    private protected DocumentTask(RunConfiguration configuration, TaskExamples examples, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        TransformerXL.Require.That(configuration.Task is not null && configuration.Head is not null, "the configuration has no task and head");
        TransformerXL.Require.That(
            examples.Vocabulary.Count == configuration.Model.VocabularySize,
            $"the examples have a vocabulary of {examples.Vocabulary.Count}, but the model one of {configuration.Model.VocabularySize}");
        if (configuration.Task!.LanguageModelWeight > 0)
        {
            LanguageModel.RequireCausal(configuration.Model, "learn to predict the next token beside a task");
        }

        TextMetrics.RequireName(configuration.Task!.Metric, configuration.Head!);
        Configuration = configuration;
        _examples = examples;
        Trainer.RequireValidation(configuration, CanValidate);
        TrainingConfiguration training = configuration.Training;
        Model = LanguageModel.Create(configuration.Model, training.Seed);
        Head = new TaskHead(configuration.Head!, Model.Configuration.HiddenWidth, training.Seed, configuration.Model.InitialDeviation);
        Source = new DocumentBatches(examples.Documents, training.BatchSize, configuration.Context.TargetLength, training.Seed);
        _documents = new DocumentLoss(Model, backend, configuration);
        _labelWeights = configuration.Task!.BalancesLabels ? WeightsOf(examples.LabelCounts) : default;
        Runner = new TaskRunner(Model, Head, backend, configuration.Context);
    }

    /// <inheritdoc/>
    public override LanguageModel Model { get; }

    /// <summary>The head that is trained with the model.</summary>
    public TaskHead Head { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => Head.Parameters;

    /// <inheritdoc/>
    public override Vocabulary Vocabulary => _examples.Vocabulary;

    /// <inheritdoc/>
    public override BatchSource Source { get; }

    /// <inheritdoc/>
    public override string DataName => _examples.Name;

    /// <inheritdoc/>
    public override string DataIdentity => _examples.Identity;

    /// <inheritdoc/>
    public override string? ValidationIdentity => CanValidate ? _examples.ValidationIdentity : null;

    /// <inheritdoc/>
    public override bool CarriesMemory => false;

    /// <inheritdoc/>
    public override bool CanValidate => _examples.ValidationCount > 0;

    /// <inheritdoc/>
    public override double? UnigramEntropy => null;

    private protected RunConfiguration Configuration { get; }

    private protected TaskConfiguration Task => Configuration.Task!;

    private protected TaskRunner Runner { get; }

    /// <inheritdoc/>
    public override Variable Loss(Tape tape, Batch batch, ModelState state, DropoutRates dropout)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(state);
        DocumentLoss.Result read = _documents.Read(tape, batch, state, dropout);
        Variable loss = HeadLoss(tape, batch, read, dropout);
        return Task.LanguageModelWeight > 0 ? tape.Add(loss, LanguageModelLoss(tape, batch, read)) : loss;
    }

    /// <inheritdoc/>
    public override int CountTokens(Batch batch)
    {
        int count = 0;
        foreach (int id in batch.Inputs)
        {
            count += id >= 0 ? 1 : 0;
        }

        return count;
    }

    /// <inheritdoc/>
    public override double RateFactorOf(Parameter parameter)
    {
        if (parameter == Head.NGrams)
        {
            return NGramRate;
        }

        if (Task.LayerDecay == 1 || HeadParameters.Contains(parameter))
        {
            return 1;
        }

        int layers = Model.LayerParameters.Count;
        for (int layer = 0; layer < layers; layer++)
        {
            if (Model.LayerParameters[layer].Contains(parameter))
            {
                return Math.Pow(Task.LayerDecay, layers - layer);
            }
        }

        // Embeddings, their norm and what all layers share are created before the layers; a norm and a pooler above them after.
        return Model.Parameters.TakeWhile(below => below != Model.LayerParameters[0][0]).Contains(parameter) ? Math.Pow(Task.LayerDecay, layers + 1) : 1;
    }

    /// <summary>The loss of the head: one number.</summary>
    private protected abstract Variable HeadLoss(Tape tape, Batch batch, in DocumentLoss.Result read, DropoutRates dropout);

    /// <summary>The weights of the labels (C); empty if all weigh the same.</summary>
    private protected Tensor LabelWeights => _labelWeights;

    /// <summary>The sum of the weights of labels; their number if all weigh the same. Negative ones are none.</summary>
    private protected double WeightOfLabels(ReadOnlySpan<int> labels)
    {
        double sum = 0;
        foreach (int label in labels)
        {
            sum += label < 0 ? 0 : _labelWeights.IsEmpty ? 1 : _labelWeights.Span[label];
        }

        return sum;
    }

    /// <summary>The targets of some rows, as laid out in the batch.</summary>
    private protected static int[] Rows(Batch batch, int first, int count) => batch.Targets.Slice(first * batch.Streams, count * batch.Streams).ToArray();

    private Variable LanguageModelLoss(Tape tape, Batch batch, in DocumentLoss.Result read)
    {
        int streams = batch.Streams;
        List<int> rows = [], targets = [];
        for (int row = read.LearnedRow; row < read.States.Shape[0]; row++)
        {
            for (int stream = 0; stream < streams; stream++)
            {
                int next = read.FirstRow + row + 1;
                if (next < read.Lengths[stream])
                {
                    rows.Add((row * streams) + stream);
                    targets.Add(batch.Inputs[(next * streams) + stream]);
                }
            }
        }

        Tensor weight = tape.Allocate(new Shape(1));
        weight.Span[0] = (float)Task.LanguageModelWeight;
        if (rows.Count == 0)
        {
            weight.Span[0] = 0;
            return tape.Constant(weight);
        }

        Variable states = tape.GatherRows(read.States, tape.Allocate(rows.ToArray()));
        return tape.Multiply(Model.Softmax.Loss(tape, states, tape.Allocate(targets.ToArray()), default), tape.Constant(weight));
    }

    /// <summary>N / (C n_c), so that the mean weight of an example is 1; labels that never occur have no weight.</summary>
    private static Tensor WeightsOf(IReadOnlyList<long> counts)
    {
        Tensor weights = Tensor.Allocate(new Shape(counts.Count));
        double total = counts.Sum();
        for (int label = 0; label < counts.Count; label++)
        {
            weights.Span[label] = counts[label] == 0 ? 0 : (float)(total / counts.Count / counts[label]);
        }

        return weights;
    }
}
