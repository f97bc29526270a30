using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A model without recurrence, as a vanilla Transformer is used: a window of the last tokens is read anew for each one, shifted
/// by one (Al-Rfou et al. 2018). When several tokens come at once and all their results are wanted, the window moves by half
/// of its length, so that each has at least that much context.
/// </summary>
internal sealed class WindowSession : InferenceSession
{
    private readonly Tape _tape;
    private readonly ModelMemory _none;
    private readonly ContextConfiguration _context;
    private readonly Tensor _hidden;
    private readonly int[] _window;
    private int _count;

    public WindowSession(LanguageModel model, CpuBackend backend, InferenceOptions options)
        : base(model, backend, options)
    {
        _tape = new Tape(backend, options.Precision);
        _none = model.CreateMemory(0, options.Streams);
        _hidden = Tensor.Allocate(new Shape(options.MaxSegment * options.Streams, model.Configuration.ModelSize));
        _window = new int[Length * options.Streams];
        _context = new ContextConfiguration { TargetLength = Length, MemoryLength = 0, ClampLength = options.ClampLength };
    }

    public override int MemoryRows => Math.Min(_count, Options.MemoryLength);

    public override long MemoryBytes => (long)_window.Length * sizeof(int);

    internal override int Parts => 1;

    private protected override Tensor HiddenRows => _hidden;

    /// <summary>A token sees itself and M before it.</summary>
    private int Length => Options.MemoryLength + 1;

    internal override string PartName(int part) => "window";

    internal override Shape MostShape(int part) => new(Length, Options.Streams, 1);

    internal override Tensor ReadPart(int part)
    {
        Tensor tokens = Tensor.Allocate(new Shape(_count, Options.Streams, 1));
        for (int i = 0; i < _count * Options.Streams; i++)
        {
            tokens.Span[i] = _window[i];
        }

        return tokens;
    }

    private protected override void WriteParts(Tensor[] parts)
    {
        Tensor tokens = parts[0];
        _count = tokens.IsEmpty ? 0 : tokens.Shape[0];
        for (int i = 0; i < _count * Options.Streams; i++)
        {
            float token = tokens.Span[i];
            Require.That(token >= 0 && token < Model.Configuration.VocabularySize && token == MathF.Floor(token), $"the window holds {token}, which is no token");
            _window[i] = (int)token;
        }
    }

    private protected override void Forget() => _count = 0;

    private protected override InferenceSession Copy(CpuBackend backend)
    {
        WindowSession copy = new(Model, backend, Options) { _count = _count };
        _window.CopyTo(copy._window, 0);
        return copy;
    }

    private protected override void Read(ReadOnlySpan<int> ids, int tokens, int results)
    {
        int streams = Options.Streams, unread = tokens - results;
        Push(ids[..(unread * streams)]);
        for (int first = unread; first < tokens;)
        {
            int count = Math.Min(tokens - first, Math.Max(1, Length / 2));
            Push(ids.Slice(first * streams, count * streams));
            _tape.BeginEvaluation();
            Variable hidden = Model.Forward(_tape, _tape.Allocate(_window.AsSpan(0, _count * streams)), streams, _none, _context);
            hidden.Value.Slice(_count - count, count).Span.CopyTo(_hidden.Slice(first * streams, count * streams).Span);
            first += count;
        }
    }

    /// <summary>Shifts tokens into the window.</summary>
    private void Push(ReadOnlySpan<int> ids)
    {
        int streams = Options.Streams;
        ids = ids[Math.Max(0, ids.Length - _window.Length)..];
        int kept = Math.Min(_count, Length - (ids.Length / streams));
        _window.AsSpan((_count - kept) * streams, kept * streams).CopyTo(_window);
        ids.CopyTo(_window.AsSpan(kept * streams));
        _count = kept + (ids.Length / streams);
    }
}
