using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// Reads segments with the memory as in training: for absolute positions, and for an extended context, whose rows
/// are computed again with each segment, so that keys and values that are kept would not serve.
/// </summary>
internal sealed class HiddenStateReader(LanguageModel model, Backend backend, ContextConfiguration context, int streams, Precision precision = Precision.Float32) : ISegmentReader
{
    private readonly Tape _tape = new(backend, precision);
    private readonly ModelState _memory = model.CreateState(context.MemoryLength, streams);
    private long _read;

    public int SegmentsAtOnce => 1;

    /// <summary>Goes on as if nothing had been read.</summary>
    public void Forget()
    {
        _memory.Clear();
        _read = 0;
    }

    public void Read(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Span<float> nll)
    {
        using BackendUse use = _tape.Backend.Enter();
        _tape.BeginEvaluation();
        Variable hidden = model.Forward(_tape, _tape.Allocate(inputs), _memory, context);
        Tensor perToken = _tape.Allocate(new Shape(targets.Length));
        model.Loss(_tape, hidden, _tape.Allocate(targets), perToken);
        perToken.Span.CopyTo(nll);
        FiniteLosses.Check(nll, streams, _read + ((inputs.Length - targets.Length) / streams) + 1, model);
        _read += targets.Length / streams;
        GC.KeepAlive(this);
    }
}
