namespace TransformerXL.Interchange.PyTorch;

/// <summary>The stack of a pickle with its marks, and the memo; every index is checked.</summary>
internal sealed class PickleStack(PickleReader reader)
{
    private const int MemoBlock = 4096;

    private readonly List<TorchValue> _values = [];
    private readonly List<int> _marks = [];

    // In blocks: a list that doubles its capacity takes up to four times its contents while it grows, which is more than is charged.
    private readonly List<TorchValue?[]> _memo = [];
    private int _memoSize, _memoized, _maxValues, _maxMarks;

    public int Count => _values.Count;

    public void Push(TorchValue value)
    {
        if (_values.Count == PickleLimits.Stack)
        {
            throw reader.Fault($"its stack holds more than {PickleLimits.Stack} values");
        }

        _values.Add(value);
        if (_values.Count > _maxValues)
        {
            _maxValues = _values.Count;
            reader.Charge(2 * IntPtr.Size);
        }
    }

    public TorchValue Pop()
    {
        TorchValue value = Peek();
        _values.RemoveAt(_values.Count - 1);
        return value;
    }

    public TorchValue Peek() => _values.Count > Floor ? _values[^1] : throw reader.Fault("it takes a value from an empty stack");

    public void Mark()
    {
        if (_marks.Count == PickleLimits.Stack)
        {
            throw reader.Fault($"it has more than {PickleLimits.Stack} marks");
        }

        _marks.Add(_values.Count);
        if (_marks.Count > _maxMarks)
        {
            _maxMarks = _marks.Count;
            reader.Charge(2 * sizeof(int));
        }
    }

    /// <summary>Pops everything above the last mark, and the mark.</summary>
    public TorchValue[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw reader.Fault("it closes what it never opened");
        }

        int from = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return PopMany(_values.Count - from);
    }

    public TorchValue[] PopMany(int count)
    {
        if (_values.Count - Floor < count)
        {
            throw reader.Fault($"it takes {count} values from a stack of {_values.Count - Floor}");
        }

        if (count == 0)
        {
            return [];
        }

        var values = new TorchValue[count];
        _values.CopyTo(_values.Count - count, values, 0, count);
        _values.RemoveRange(_values.Count - count, count);
        return values;
    }

    public TorchValue Recall(ulong index) =>
        index < (ulong)_memoSize && Memo((int)index) is { } value
            ? value
            : throw reader.Fault($"it reads memo entry {index}, which it never stored");

    public void Memoize() => Remember((ulong)_memoized);

    /// <summary>Python numbers memo entries from 0, so an index larger than the number of bytes read cannot be valid.</summary>
    public void Remember(ulong index)
    {
        if (index >= (ulong)Math.Min(reader.Consumed, int.MaxValue))
        {
            throw reader.Fault($"it stores memo entry {index} after only {reader.Consumed} bytes");
        }

        while ((ulong)_memoSize <= index)
        {
            reader.Charge(2 * IntPtr.Size);
            if (_memoSize++ % MemoBlock == 0)
            {
                _memo.Add(new TorchValue?[MemoBlock]);
            }
        }

        ref TorchValue? place = ref Memo((int)index);
        _memoized += place is null ? 1 : 0;
        place = Peek();
    }

    private ref TorchValue? Memo(int index) => ref _memo[index / MemoBlock][index % MemoBlock];

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;
}
