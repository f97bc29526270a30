using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// A model with the memory of hidden states that it has in training, where positions change with every segment, so that keys and
/// values that are kept would not serve.
/// </summary>
internal sealed class HiddenStateSession : InferenceSession
{
    private readonly Tape _tape;
    private readonly ModelMemory _memory;
    private readonly ContextConfiguration _context;
    private readonly Tensor _hidden;
    private int _memoryRows;

    public HiddenStateSession(LanguageModel model, CpuBackend backend, InferenceOptions options)
        : base(model, backend, options)
    {
        _tape = new Tape(backend, options.Precision);
        _memory = model.CreateMemory(options.MemoryLength, options.Streams);
        _hidden = Tensor.Allocate(new Shape(options.MaxSegment * options.Streams, model.Configuration.ModelSize));
        _context = new ContextConfiguration
        {
            TargetLength = SegmentLength(options),
            MemoryLength = options.MemoryLength,
            ClampLength = options.ClampLength,
            SameLength = options.SameLength,
        };
    }

    public override int MemoryRows => _memoryRows;

    public override long MemoryBytes => Enumerable.Range(0, _memory.Parts).Sum(part => _memory.MostShape(part).Count * sizeof(float));

    internal override int Parts => _memory.Parts;

    private protected override Tensor HiddenRows => _hidden;

    internal override string PartName(int part) => $"memory.{part}";

    internal override Shape MostShape(int part) => _memory.MostShape(part);

    internal override Tensor ReadPart(int part) => _memory[part];

    private protected override void WriteParts(Tensor[] parts)
    {
        for (int part = 0; part < parts.Length; part++)
        {
            _memory.Restore(part, parts[part].IsEmpty ? 0 : parts[part].Shape[0], parts[part].IsEmpty ? [] : parts[part].Span);
        }

        _memoryRows = parts[0].IsEmpty ? 0 : parts[0].Shape[0];
    }

    private protected override void Forget()
    {
        _memory.Clear();
        _memoryRows = 0;
    }

    private protected override InferenceSession Copy(CpuBackend backend)
    {
        HiddenStateSession copy = new(Model, backend, Options);
        copy.WriteParts([.. Enumerable.Range(0, Parts).Select(ReadPart)]);
        return copy;
    }

    private protected override void Read(ReadOnlySpan<int> ids, int tokens, int results)
    {
        int streams = Options.Streams;
        for (int first = 0; first < tokens; first += _context.TargetLength)
        {
            int count = Math.Min(_context.TargetLength, tokens - first) * streams;
            _tape.BeginEvaluation();
            Variable hidden = Model.Forward(_tape, _tape.Allocate(ids.Slice(first * streams, count)), streams, _memory, _context);
            hidden.Value.CopyTo(_hidden.Slice(first * streams, count));
        }

        _memoryRows = (int)Math.Min(Options.MemoryLength, _memoryRows + (long)tokens);
    }

    /// <summary>Never more tokens at once than in a segment of training, whose positions it knows.</summary>
    private static int SegmentLength(InferenceOptions options) =>
        options.SegmentLength > 0 ? Math.Min(options.SegmentLength, options.MaxSegment) : options.MaxSegment;
}
