using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The memory of a model in training: for every layer the hidden states of the last M tokens that entered it, without
/// gradient (Dai et al. 2019, section 3.2). Starts empty and grows to M.
/// </summary>
public class HiddenMemory : ModelState
{
    private readonly Tensor[] _states;
    private readonly int[] _rows;
    private readonly Variable?[] _past;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="layers">N.</param>
    /// <param name="length">M.</param>
    /// <param name="streams">B.</param>
    /// <param name="size">d.</param>
    /// <param name="segment">The most tokens of one forward pass in inference; 0 for any number.</param>
    public HiddenMemory(int layers, int length, int streams, int size, int segment = 0)
        : base(streams)
    {
        Length = length;
        MaxTokens = segment > 0 ? segment : int.MaxValue;
        _rows = new int[layers];
        _states = new Tensor[layers];
        _past = new Variable?[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            _states[layer] = Tensor.Allocate(new Shape(length, streams, size));
        }
    }

    /// <summary>M: the most rows that are kept.</summary>
    public int Length { get; }

    /// <summary>Rows that are kept now, at most M.</summary>
    public override int Rows => _rows[0];

    /// <summary>The most rows that a forward pass reads, the newest; the others stay remembered. All unless a training varies them.</summary>
    internal int ReadLength { get; set; } = int.MaxValue;

    /// <summary>Rows that the next forward pass reads.</summary>
    internal int RowsRead => Math.Min(Rows, ReadLength);

    /// <summary>
    /// The tape on which the gradient flows through what is remembered of the segments that it has read since; null for none, as is usual.
    /// </summary>
    internal Tape? LearnsFrom { get; private set; }

    /// <inheritdoc/>
    public override long Bytes => _states.Sum(state => state.Count * sizeof(float));

    /// <summary>The number of layers.</summary>
    public override int Parts => _states.Length;

    /// <summary>The states that entered a layer, oldest first: (rows, B, d). Its contents change with the next segment.</summary>
    public override Tensor this[int part] => _states[part].Slice(0, _rows[part]);

    /// <inheritdoc/>
    internal override int MaxTokens { get; }

    /// <summary>The states that entered a layer and that a forward pass reads: (<see cref="RowsRead"/>, B, d).</summary>
    internal Tensor Newest(int layer)
    {
        int rows = Math.Min(_rows[layer], ReadLength);
        return _states[layer].Slice(_rows[layer] - rows, rows);
    }

    /// <inheritdoc/>
    public override Shape MaxShape(int part) => _states[part].Shape;

    /// <summary>From here on, the gradient of this tape flows from a segment through the memory into those before it, until the next call. No gradient for null.</summary>
    internal void LearnThrough(Tape? tape)
    {
        LearnsFrom = Length > 0 ? tape : null;
        Array.Clear(_past);
    }

    /// <summary>The states that entered a layer and that a forward pass reads: (<see cref="RowsRead"/>, B, d).</summary>
    internal Variable Past(Tape tape, int layer) =>
        _past[layer] is { } past && LearnsFrom == tape ? tape.LastRows(past, Math.Min(past.Shape[0], RowsRead)) : tape.Constant(Newest(layer));

    /// <summary>Keeps [m; h] of a layer for the gradient of later segments.</summary>
    internal void Keep(Tape tape, int layer, Variable states) => _past[layer] = tape.LastRows(states, Math.Min(states.Shape[0], Length));

    /// <inheritdoc/>
    public override void Clear()
    {
        Array.Clear(_rows);
        LearnThrough(null);
    }

    /// <inheritdoc/>
    public override void Restore(int part, int rows, ReadOnlySpan<float> states)
    {
        if ((uint)rows > (uint)Length)
        {
            throw new ArgumentOutOfRangeException(nameof(rows), $"{rows} rows do not fit a memory of {Length}");
        }

        states.CopyTo(_states[part].Slice(0, rows).Span);
        _rows[part] = rows;
    }

    /// <inheritdoc/>
    internal override ModelState Copy()
    {
        Shape shape = _states[0].Shape;
        HiddenMemory copy = new(Parts, Length, Streams, shape[2], MaxTokens == int.MaxValue ? 0 : MaxTokens);
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Keeps the last rows of [m; h] that the next segment will not compute again.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="hidden">h: (q, B, d).</param>
    /// <param name="configuration">M and the extended length.</param>
    internal void Update(int layer, Tensor hidden, ContextConfiguration configuration)
    {
        if (Length == 0)
        {
            return;
        }

        int memory = _rows[layer], segment = hidden.Shape[0];
        int end = configuration.ReferenceQuirks
            ? segment + Math.Max(0, memory - configuration.ExtendedLength)
            : memory + Math.Max(0, segment - configuration.ExtendedLength);
        int begin = Math.Max(0, end - Length);
        Tensor states = _states[layer];
        int kept = Math.Max(0, Math.Min(memory, end) - begin);
        if (begin > 0 && kept > 0)
        {
            states.Slice(begin, kept).Span.CopyTo(states.Slice(0, kept).Span);
        }

        int from = Math.Max(begin, memory) - memory, count = end - begin - kept;
        hidden.Slice(from, count).CopyTo(states.Slice(kept, count));
        _rows[layer] = kept + count;
    }
}
