using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>
/// One optimizer step: forward and backward over each chunk of the batch, clipping of the gradient norm, optimizer. Memory is
/// carried from one call to the next. Once warm, a step of one process allocates nothing. Several processes each take an equal share of the chunks and
/// sum the gradients, so that all of them take the same step.
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
    private readonly ICollective _collective;
    private readonly Parameter[] _parameters, _keptAsBfloat16;
    private readonly GradientSum _sum;
    private readonly Action<IReadOnlyList<Parameter>> _completed;
    private readonly ChunkWeight _weight;
    private readonly double[] _ownLosses, _losses, _shares;
    private int[] _chunkInputs = [], _chunkTargets = [];

    /// <summary>A step of next-token prediction: creates the optimizer and empty memories.</summary>
    public TrainingStep(LanguageModel model, ContextConfiguration context, TrainingConfiguration training, Backend backend)
        : this(model, [], new NextTokenLoss(model, context, training.HalfLoss).Of, batch => batch.Targets.Length, context, training, backend, new SingleProcess())
    {
    }

    /// <summary>A step of a task: creates the optimizer and empty memories.</summary>
    /// <param name="task">The task.</param>
    /// <param name="configuration">Lengths and recipe.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="collective">The processes that share the batch; one alone if null.</param>
    /// <exception cref="InputException">The chunks of the batch cannot be divided among the processes.</exception>
    public TrainingStep(TrainingTask task, RunConfiguration configuration, Backend backend, ICollective? collective = null)
        : this(task.Model, task.HeadParameters, task.Loss, task.WeightOf, configuration.Context, configuration.Training, backend, collective ?? new SingleProcess()) => Optimizer.SetRateFactors(task.RateFactorOf);

    private TrainingStep(
        LanguageModel model, IReadOnlyList<Parameter> head, ChunkLoss loss, ChunkWeight weight, ContextConfiguration context, TrainingConfiguration training, Backend backend, ICollective collective)
    {
        Require.That(
            training.BatchChunks % collective.Size == 0,
            $"batch chunks {training.BatchChunks} cannot be divided among {collective.Size} processes, each of which takes as many; there must be {collective.Size}, or a multiple of it",
            [new("training.batchChunks")]);
        (_loss, _weight, _training) = (loss, weight, training);
        _tape = new Tape(backend, training.Precision) { Recomputes = training.Recompute, LendsMemory = true };
        _dropout = new DropoutSchedule(model.Configuration, training);
        _memory = new MemorySchedule(context, training);
        _clipped = training.ClipEmbeddings ? null : ParameterGroups.IsNoEmbedding;
        _parameters = [.. model.Parameters, .. head];
        _keptAsBfloat16 = training.Weights == WeightPrecision.Bfloat16 ? [.. model.Parameters.Where(ParameterGroups.IsMatrixOrTable)] : [];
        Optimizer = Optimizer.Create(_parameters, training.Optimizer, backend, parameter => ParameterGroups.Decays(parameter, training.DecayExclusions), ParameterGroups.HiddenMatrices);
        Optimizer.DivideUpdates(collective);
        _collective = collective;
        int own = training.BatchChunks / collective.Size;
        _sum = new GradientSum(_parameters, collective, own);
        _completed = _sum.Complete;
        (_ownLosses, _losses, _shares) = (new double[own], new double[training.BatchChunks], new double[training.BatchChunks]);
        _memories = new ModelState[training.BatchChunks];
        for (int chunk = 0; chunk < _memories.Length; chunk++)
        {
            _memories[chunk] = model.CreateState(_memory.Longest, training.BatchSize / training.BatchChunks);
        }
    }

    /// <summary>The optimizer and its state.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The memory of each chunk of the batch. A process keeps those of its own chunks; <see cref="ShareMemories"/> gives it the others.</summary>
    public IReadOnlyList<ModelState> Memories => _memories;

    /// <summary>Bytes of native memory held for the values of a step.</summary>
    internal long BytesReserved => _tape.BytesReserved;

    /// <summary>Bytes of gradients that lay in it in the last step.</summary>
    internal long BytesLent => _tape.BytesLent;

    /// <summary>Forgets the context, as at the beginning of the text.</summary>
    public void ClearMemories()
    {
        using BackendUse use = _tape.Backend.Enter();
        foreach (ModelState memory in _memories)
        {
            memory.Clear();
        }
    }

    /// <summary>Gives every process the memories of all chunks, for a checkpoint.</summary>
    public void ShareMemories()
    {
        for (int chunk = 0; chunk < _memories.Length && _collective.Size > 1; chunk++)
        {
            Share(_memories[chunk], chunk / _ownLosses.Length);
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
        int chunks = _memories.Length, own = _ownLosses.Length;
        DropoutRates dropout = _dropout.RatesAt(step);
        ReadMemories(_memory.LengthAt(step));
        KeepAsBfloat16();
        _sum.Begin();
        FindShares(inputs, targets);
        for (int i = 0; i < own; i++)
        {
            int chunk = (_collective.Rank * own) + i;
            _ownLosses[i] = RunChunk(inputs, targets, chunk, checked((uint)((step * chunks) + chunk)), dropout);
            _sum.EndChunk();
        }

        _collective.Gather(_ownLosses, _losses);
        double loss = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            loss += _losses[chunk] * _shares[chunk];
        }

        Optimizer.ZeroMissingGradients();
        double norm = Optimizer.GradientNorm(_clipped), whole = _clipped is null ? norm : Optimizer.GradientNorm();
        if (double.IsFinite(loss) && double.IsFinite(whole))
        {
            double limit = _training.ClipNorm;
            Optimizer.Step(learningRate, limit > 0 ? Math.Min(1, limit / (norm + 1e-6)) : 1, _clipped);
        }
        else
        {
            // The next step begins without them.
            foreach (Parameter parameter in _parameters)
            {
                parameter.ClearGradient();
            }
        }

        return (loss, double.IsFinite(whole) ? norm : whole);
    }

    /// <summary>Keeps weights as bfloat16, and drops what was widened since the last step.</summary>
    private void KeepAsBfloat16()
    {
        bool begins = Array.Exists(_keptAsBfloat16, parameter => !parameter.IsBfloat16);
        foreach (Parameter parameter in _keptAsBfloat16)
        {
            parameter.KeepAsBfloat16();
        }

        if (begins)
        {
            // The memory of the weights in float32 is needed for the step.
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
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

    /// <summary>What part of the loss of the batch is that of each chunk, so that a batch has the same mean loss in any number of chunks.</summary>
    private void FindShares(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        int chunks = _shares.Length;
        double sum = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            sum += _shares[chunk] = chunks == 1 ? 1 : _weight(Chunk(inputs, targets, chunk));
        }

        for (int chunk = 0; chunk < chunks; chunk++)
        {
            _shares[chunk] = sum > 0 ? _shares[chunk] / sum : 1.0 / chunks;
        }
    }

    private float RunChunk(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int chunk, uint mask, DropoutRates dropout)
    {
        _tape.BeginTraining(_training.Seed, mask);
        Variable loss = _loss(_tape, Chunk(inputs, targets, chunk), _memories[chunk], dropout);
        float value = loss.Value.Span[0];
        _tape.Backward(loss, (float)_shares[chunk], _completed);
        return value;
    }

    private Batch Chunk(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int chunk)
    {
        int streams = _training.BatchSize / _memories.Length;
        return new Batch(Columns(inputs, chunk, streams, ref _chunkInputs), Columns(targets, chunk, streams, ref _chunkTargets), streams);
    }

    /// <summary>All states of a chunk have the same number of rows, which the other processes learn first.</summary>
    private void Share(ModelState memory, int owner)
    {
        double[] rows = new double[_collective.Size];
        _collective.Gather([memory.Parts == 0 ? 0 : memory[0].Shape[0]], rows);
        if (rows[owner] == 0)
        {
            memory.Clear();
            return;
        }

        for (int part = 0; part < memory.Parts; part++)
        {
            Tensor values = memory[part];
            if (_collective.Rank != owner)
            {
                values = Tensor.Allocate(memory.MaxShape(part).WithFirst((int)rows[owner]));
            }

            _collective.Broadcast(values, owner);
            if (_collective.Rank != owner)
            {
                memory.Restore(part, (int)rows[owner], values.Span);
            }
        }
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
