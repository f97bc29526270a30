namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// Sequences of different lengths, whose elements stand one sequence after the other, step by step: step t has a row for each sequence that is longer
/// than t, the longest sequences first. The sequences of a step are therefore the first ones of the step before.
/// </summary>
internal sealed class CrfLayout
{
    private long[] _sorted = [];
    private int[] _firstElements = [], _starts = [];

    /// <summary>Sequences.</summary>
    public int Sequences { get; private set; }

    /// <summary>The length of the longest sequence.</summary>
    public int Steps { get; private set; }

    /// <summary>Elements of all sequences, which is the number of rows of all steps.</summary>
    public int Rows => Steps == 0 ? 0 : _starts[Steps];

    /// <summary>The first row of a step.</summary>
    public int StartOf(int step) => _starts[step];

    /// <summary>The rows of a step; 0 after the last one.</summary>
    public int CountAt(int step) => step < Steps ? _starts[step + 1] - _starts[step] : 0;

    /// <summary>The number of a sequence by its place among the rows of a step.</summary>
    public int SequenceAt(int slot) => (int)(_sorted[slot] & int.MaxValue);

    /// <summary>The element of a row, counted through all sequences.</summary>
    public int ElementAt(int step, int slot) => _firstElements[SequenceAt(slot)] + step;

    /// <summary>Takes other sequences.</summary>
    /// <param name="lengths">Elements of each sequence, from 0 on.</param>
    public void Set(ReadOnlySpan<int> lengths)
    {
        (Sequences, Steps) = (lengths.Length, 0);
        Grow(ref _sorted, lengths.Length);
        Grow(ref _firstElements, lengths.Length);
        int elements = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            _sorted[i] = ((long)(int.MaxValue - lengths[i]) << 32) | (uint)i;
            _firstElements[i] = elements;
            elements = checked(elements + lengths[i]);
            Steps = Math.Max(Steps, lengths[i]);
        }

        _sorted.AsSpan(0, lengths.Length).Sort();
        Grow(ref _starts, Steps + 1);
        int active = lengths.Length;
        _starts[0] = 0;
        for (int step = 0; step < Steps; step++)
        {
            while (lengths[SequenceAt(active - 1)] <= step)
            {
                active--;
            }

            _starts[step + 1] = _starts[step] + active;
        }
    }

    private static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
        {
            array = new T[count];
        }
    }
}
