using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>
/// One optimizer step: forward and backward over each chunk of the batch, clipping of the gradient norm, optimizer. Memory is
/// carried from one call to the next. Once warm, a step allocates nothing.
/// </summary>
public sealed class TrainingStep
{
    private readonly ChunkLoss _loss;
    private readonly TrainingConfiguration _training;
    private readonly Tape _tape;
    private readonly DropoutSchedule _dropout;
    private readonly MemorySchedule _memory;
    private readonly Func<Parameter, bool>? _clipped;
    private readonly ModelState[] _memories;
    private int[] _chunkInputs = [], _chunkTargets = [];

    /// <summary>A step of next-token prediction: creates the optimizer and empty memories.</summary>
    public TrainingStep(LanguageModel model, ContextConfiguration context, TrainingConfiguration training, CpuBackend backend)
        : this(model, [], new NextTokenLoss(model, context, training.HalfLoss).Of, context, training, backend)
    {
    }

    /// <summary>A step of a task: creates the optimizer and empty memories.</summary>
    public TrainingStep(TrainingTask task, RunConfiguration configuration, CpuBackend backend)
        : this(task.Model, task.HeadParameters, task.Loss, configuration.Context, configuration.Training, backend)
    {
    }

    private TrainingStep(
        LanguageModel model, IReadOnlyList<Parameter> head, ChunkLoss loss, ContextConfiguration context, TrainingConfiguration training, CpuBackend backend)
    {
        (_loss, _training) = (loss, training);
        _tape = new Tape(backend, training.Precision);
        _dropout = new DropoutSchedule(model.Configuration, training);
        _memory = new MemorySchedule(context, training);
        _clipped = training.ClipEmbeddings ? null : ParameterGroups.IsNoEmbedding;
        Optimizer = Optimizer.Create([.. model.Parameters, .. head], training.Optimizer, backend, parameter => ParameterGroups.Decays(parameter, training.DecayExclusions), ParameterGroups.HiddenMatrices);
        _memories = new ModelState[training.BatchChunks];
        for (int chunk = 0; chunk < _memories.Length; chunk++)
        {
            _memories[chunk] = model.CreateState(_memory.Longest, training.BatchSize / training.BatchChunks);
        }
    }

    /// <summary>The optimizer and its state.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The memory of each chunk of the batch.</summary>
    public IReadOnlyList<ModelState> Memories => _memories;

    /// <summary>Bytes of native memory held for the values of a step.</summary>
    internal long BytesReserved => _tape.BytesReserved;

    /// <summary>Forgets the context, as at the beginning of the text.</summary>
    public void ClearMemories()
    {
        using BackendUse use = _tape.Backend.Enter();
        foreach (ModelState memory in _memories)
        {
            memory.Clear();
        }
    }

    /// <summary>Computes loss and gradients of a batch, and moves the weights unless something is not finite.</summary>
    /// <param name="inputs">Token ids (T, B).</param>
    /// <param name="targets">What is to be predicted (L, B): token ids, or what the task says.</param>
    /// <param name="step">The number of the step, from 1, which sets its dropout apart.</param>
    /// <param name="learningRate">The rate of this step.</param>
    /// <returns>Mean loss in nats and the norm of the gradients that are clipped, before it; the weights moved if both are finite.</returns>
    public (double Loss, double GradientNorm) Run(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, long step, double learningRate)
    {
        using BackendUse use = _tape.Backend.Enter();
        double loss = 0;
        int chunks = _memories.Length;
        DropoutRates dropout = _dropout.RatesAt(step);
        ReadMemories(_memory.LengthAt(step));
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            loss += RunChunk(inputs, targets, chunk, checked((uint)((step * chunks) + chunk)), dropout) / chunks;
        }

        Optimizer.ZeroMissingGradients();
        double norm = Optimizer.GradientNorm(_clipped), whole = _clipped is null ? norm : Optimizer.GradientNorm();
        if (double.IsFinite(loss) && double.IsFinite(whole))
        {
            double limit = _training.ClipNorm;
            Optimizer.Step(learningRate, limit > 0 ? Math.Min(1, limit / (norm + 1e-6)) : 1, _clipped);
        }

        return (loss, double.IsFinite(whole) ? norm : whole);
    }

    private void ReadMemories(int length)
    {
        foreach (ModelState state in _memories)
        {
            if (state is HiddenMemory memory)
            {
                memory.ReadLength = length;
            }
        }
    }

    private float RunChunk(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int chunk, uint mask, DropoutRates dropout)
    {
        int streams = _training.BatchSize / _memories.Length;
        _tape.BeginTraining(_training.Seed, mask);
        ReadOnlySpan<int> chunkInputs = Columns(inputs, chunk, streams, ref _chunkInputs);
        ReadOnlySpan<int> chunkTargets = Columns(targets, chunk, streams, ref _chunkTargets);
        Variable loss = _loss(_tape, new Batch(chunkInputs, chunkTargets, streams), _memories[chunk], dropout);
        float value = loss.Value.Span[0];
        _tape.Backward(loss, 1f / _memories.Length);
        return value;
    }

    /// <summary>The ids of the streams of one chunk, from ids laid out (rows, B).</summary>
    private ReadOnlySpan<int> Columns(ReadOnlySpan<int> ids, int chunk, int streams, ref int[] buffer)
    {
        if (streams == _training.BatchSize)
        {
            return ids;
        }

        int rows = ids.Length / _training.BatchSize;
        if (buffer.Length < rows * streams)
        {
            buffer = new int[rows * streams];
        }

        for (int row = 0; row < rows; row++)
        {
            ids.Slice((row * _training.BatchSize) + (chunk * streams), streams).CopyTo(buffer.AsSpan(row * streams));
        }

        return buffer.AsSpan(0, rows * streams);
    }
}
