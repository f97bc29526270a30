using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Tests.Training.Tasks;

/// <summary>Tells the class of a sequence: softmax(W h + b) of the last hidden state, with a head of its own beside the model.</summary>
internal sealed class TopicTask : TrainingTask
{
    public const ulong DataSeed = 5;
    private const int ValidationBatches = 4;
    private readonly RunConfiguration _configuration;
    private readonly CpuBackend _backend;
    private readonly ulong _dataSeed;
    private readonly Parameter _weight, _bias;

    public TopicTask(RunConfiguration configuration, CpuBackend backend, ulong dataSeed = DataSeed)
    {
        (_configuration, _backend, _dataSeed) = (configuration, backend, dataSeed);
        Model = LanguageModel.Create(configuration.Model, configuration.Training.Seed);
        _weight = new Parameter("topic.weight", new Shape(TopicBatches.Classes, configuration.Model.ModelSize), ParameterRole.Output);
        _bias = new Parameter("topic.bias", new Shape(TopicBatches.Classes), ParameterRole.Bias);
        RandomStream random = new(configuration.Training.Seed, stream: 1 << 20);
        foreach (ref float value in _weight.Value.Span)
        {
            value = (float)(0.02 * random.NextGaussian());
        }

        Source = new TopicBatches(configuration.Training.BatchSize, dataSeed);
    }

    /// <summary>Rows of memory that the passes of a training began with, at most.</summary>
    public int MemoryRowsSeen { get; private set; }

    public override LanguageModel Model { get; }

    public override IReadOnlyList<Parameter> HeadParameters => [_weight, _bias];

    public override Vocabulary Vocabulary { get; } = new ByteVocabulary();

    public override BatchSource Source { get; }

    public override string DataName => "topics";

    public override string DataIdentity => $"topics of seed {_dataSeed}";

    public override bool CarriesMemory => false;

    public override bool CanValidate => true;

    public override Variable Loss(Tape tape, Batch batch, ModelState state, DropoutRates dropout)
    {
        MemoryRowsSeen = Math.Max(MemoryRowsSeen, state.Rows);
        return tape.CrossEntropy(LastHidden(tape, batch, state, dropout), _weight, _bias, tape.Allocate(batch.Targets));
    }

    public override int CountTokens(Batch batch) => batch.Inputs.Length;

    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        int streams = _configuration.Training.BatchSize, right = 0;
        double loss = 0;
        Tape tape = new(_backend);
        TopicBatches held = new(streams, _dataSeed + 1);
        int[] inputs = new int[held.MaxShape.InputCount], targets = new int[held.MaxShape.TargetCount];
        for (int i = 0; i < ValidationBatches && held.TryRead(inputs, targets, out _); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tape.BeginEvaluation();
            Variable hidden = LastHidden(tape, new Batch(inputs, targets, streams), Model.CreateState(_configuration.Context.MemoryLength, streams), default);
            loss += tape.CrossEntropy(hidden, _weight, _bias, tape.Allocate(targets)).Value.Span[0] / ValidationBatches;
            right += CountRight(tape.Linear(hidden, _weight, _bias).Value.Span, targets);
        }

        GC.KeepAlive(this);
        return new TopicReport { Step = stepsTaken, Loss = loss, Accuracy = (double)right / (ValidationBatches * streams) };
    }

    private static int CountRight(ReadOnlySpan<float> logits, int[] targets)
    {
        int right = 0;
        for (int stream = 0; stream < targets.Length; stream++)
        {
            ReadOnlySpan<float> scores = logits.Slice(stream * TopicBatches.Classes, TopicBatches.Classes);
            right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores) == targets[stream] ? 1 : 0;
        }

        return right;
    }

    private Variable LastHidden(Tape tape, Batch batch, ModelState state, DropoutRates dropout) =>
        tape.LastRows(Model.Forward(tape, tape.Allocate(batch.Inputs), state, _configuration.Context, dropout), 1);
}
