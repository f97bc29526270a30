using System.Globalization;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The state of a model without recurrence, as a vanilla Transformer is used: a window of the last M + 1 tokens is computed
/// again for each new one, shifted by one (Al-Rfou et al. 2018). When several tokens come at once and all their results are
/// wanted, the window moves by half of its length, so that each has at least that much context.
/// </summary>
internal sealed class TokenWindow : ModelState
{
    private readonly int[] _window;
    private readonly int _vocabulary;
    private int _count;

    /// <summary>Creates an empty window.</summary>
    /// <param name="memoryLength">M: a token sees itself and M before it.</param>
    /// <param name="streams">B.</param>
    /// <param name="vocabulary">V.</param>
    public TokenWindow(int memoryLength, int streams, int vocabulary)
        : base(streams)
    {
        (Length, _vocabulary) = (memoryLength + 1, vocabulary);
        _window = new int[Length * streams];
    }

    public override int Rows => Math.Min(_count, Length - 1);

    public override long Bytes => (long)_window.Length * sizeof(int);

    public override int Parts => 1;

    /// <summary>M + 1.</summary>
    internal int Length { get; }

    internal override int MaxTokens => Math.Max(1, Length / 2);

    /// <summary>The tokens as numbers: (count, B, 1).</summary>
    public override Tensor this[int part]
    {
        get
        {
            Tensor tokens = Tensor.Allocate(new Shape(_count, Streams, 1));
            for (int i = 0; i < _count * Streams; i++)
            {
                tokens.Span[i] = _window[i];
            }

            return tokens;
        }
    }

    public override Shape MaxShape(int part) => new(Length, Streams, 1);

    public override void Clear() => _count = 0;

    public override void Restore(int part, int rows, ReadOnlySpan<float> states)
    {
        for (int i = 0; i < states.Length; i++)
        {
            _window[i] = (int)states[i];
        }

        _count = rows;
    }

    internal override void Check(int part, Tensor contents, string path)
    {
        for (int i = 0; !contents.IsEmpty && i < contents.Span.Length; i++)
        {
            float token = contents.Span[i];
            Require.That(
                token >= 0 && token < _vocabulary && token == MathF.Floor(token),
                string.Create(CultureInfo.InvariantCulture, $"'{path}' is damaged: its window of tokens holds {token}, which is no token"));
        }
    }

    internal override string PartName(int part) => "window";

    internal override ModelState Copy()
    {
        TokenWindow copy = new(Length - 1, Streams, _vocabulary);
        copy.Assign(this);
        return copy;
    }

    internal override void Assign(ModelState other)
    {
        TokenWindow source = (TokenWindow)other;
        source._window.CopyTo(_window, 0);
        _count = source._count;
    }

    internal override bool Skip(ReadOnlySpan<int> ids)
    {
        Push(ids);
        return true;
    }

    internal override IndexTensor Extend(Tape tape, IndexTensor ids)
    {
        Push(ids.Span);
        return tape.Allocate(_window.AsSpan(0, _count * Streams));
    }

    /// <summary>Shifts tokens into the window.</summary>
    private void Push(ReadOnlySpan<int> ids)
    {
        ids = ids[Math.Max(0, ids.Length - _window.Length)..];
        int kept = Math.Min(_count, Length - (ids.Length / Streams));
        _window.AsSpan((_count - kept) * Streams, kept * Streams).CopyTo(_window);
        ids.CopyTo(_window.AsSpan(kept * Streams));
        _count = kept + (ids.Length / Streams);
    }
}
