using System.Globalization;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// Builds the value of one pickle. It is a stack machine over data only: classes and functions are only names, and
/// the few names it handles are listed in <see cref="PickleGlobals"/>. Whatever a step creates or compares is charged
/// against the bytes that were read (<see cref="PickleReader.Charge"/>), so that the file's size bounds the memory and the time.
/// </summary>
internal sealed class PickleMachine
{
    private readonly PickleReader _reader;
    private readonly PickleStack _stack;
    private readonly PickleCalls _calls;
    private readonly UnknownClasses _classes;
    private readonly TorchStorages? _storages;

    /// <param name="reader">The bytes.</param>
    /// <param name="classes">Whether objects of unknown classes are read as data.</param>
    /// <param name="storages">Where the numbers of tensors are; null in a pickle that has none.</param>
    public PickleMachine(PickleReader reader, UnknownClasses classes, TorchStorages? storages)
    {
        _reader = reader;
        _classes = classes;
        _storages = storages;
        _stack = new PickleStack(reader);
        _calls = new PickleCalls(reader, classes);
    }

    /// <summary>Reads the whole pickle and returns its value.</summary>
    /// <exception cref="InputException">The pickle is damaged, of another kind, or calls a function that is not allowed.</exception>
    public TorchValue Run()
    {
        for (var opcode = (PickleOpcode)_reader.Byte(); opcode != PickleOpcode.Stop; opcode = (PickleOpcode)_reader.Byte())
        {
            if (PickleScalars.TryRead(opcode, _reader) is { } value)
            {
                _reader.Charge(value.IsShared ? 0 : TorchValue.OwnBytes);
                _stack.Push(value);
            }
            else if (!TryContainer(opcode) && !TryStack(opcode) && !TryObject(opcode))
            {
                throw _reader.Fault($"it holds the operation 0x{(byte)opcode:x2}, which is none of those that PyTorch's files and plain data need");
            }
        }

        return _stack.Pop();
    }

    private bool TryContainer(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.EmptyTuple: _stack.Push(TorchValue.EmptyTuple); break;
            case PickleOpcode.Tuple1: PushTuple(_stack.PopMany(1)); break;
            case PickleOpcode.Tuple2: PushTuple(_stack.PopMany(2)); break;
            case PickleOpcode.Tuple3: PushTuple(_stack.PopMany(3)); break;
            case PickleOpcode.Tuple: PushTuple(_stack.PopToMark()); break;
            case PickleOpcode.EmptyList: PushNew(TorchValue.List()); break;
            case PickleOpcode.EmptySet: PushNew(TorchValue.Set()); break;
            case PickleOpcode.EmptyDict: PushNew(TorchValue.Dictionary()); break;
            case PickleOpcode.List: PushFilled(TorchValue.List()); break;
            case PickleOpcode.FrozenSet: PushFilled(TorchValue.Set()); break;
            case PickleOpcode.Dict: PutAll(_stack.PopToMark(), TorchValue.Dictionary(), push: true); break;
            case PickleOpcode.Append: AddAll(_stack.PopMany(1), Target(TorchValueKind.List)); break;
            case PickleOpcode.Appends: AddAll(_stack.PopToMark(), Target(TorchValueKind.List)); break;
            case PickleOpcode.AddItems: AddAll(_stack.PopToMark(), Target(TorchValueKind.Set)); break;
            case PickleOpcode.SetItem: PutAll(_stack.PopMany(2), Target(TorchValueKind.Dictionary)); break;
            case PickleOpcode.SetItems: PutAll(_stack.PopToMark(), Target(TorchValueKind.Dictionary)); break;
            default: return false;
        }

        return true;
    }

    private bool TryStack(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark: _stack.Mark(); break;
            case PickleOpcode.Pop: _stack.Pop(); break;
            case PickleOpcode.PopMark: _stack.PopToMark(); break;
            case PickleOpcode.Dup: _stack.Push(_stack.Peek()); break;
            case PickleOpcode.Memoize: _stack.Memoize(); break;
            case PickleOpcode.BinPut: _stack.Remember(_reader.Byte()); break;
            case PickleOpcode.LongBinPut: _stack.Remember(_reader.UInt32()); break;
            case PickleOpcode.Put: _stack.Remember(Index(_reader.Line())); break;
            case PickleOpcode.BinGet: _stack.Push(_stack.Recall(_reader.Byte())); break;
            case PickleOpcode.LongBinGet: _stack.Push(_stack.Recall(_reader.UInt32())); break;
            case PickleOpcode.Get: _stack.Push(_stack.Recall(Index(_reader.Line()))); break;
            case PickleOpcode.Protocol: CheckProtocol(_reader.Byte()); break;
            case PickleOpcode.Frame: CheckFrame(_reader.UInt64()); break;
            default: return false;
        }

        return true;
    }

    private bool TryObject(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                string module = _reader.Line();
                _stack.Push(_calls.Resolve(module, _reader.Line()));
                break;
            case PickleOpcode.StackGlobal:
                TorchValue[] names = _stack.PopMany(2);
                _stack.Push(_calls.Resolve(Name(names[0]), Name(names[1])));
                break;
            case PickleOpcode.Reduce:
                TorchValue[] call = _stack.PopMany(2);
                _stack.Push(_calls.Call(call[0], call[1]));
                break;
            case PickleOpcode.NewObject:
                _stack.Push(_calls.New(_stack.PopMany(2)[0]));
                break;
            case PickleOpcode.NewObjectEx:
                _stack.Push(_calls.New(_stack.PopMany(3)[0]));
                break;
            case PickleOpcode.Build:
                TorchValue state = _stack.Pop();
                SetState(_stack.Peek(), state);
                break;
            case PickleOpcode.BinPersistentId:
                _stack.Push(Persistent(_stack.Pop()));
                break;
            case PickleOpcode.PersistentId:
                throw _reader.Fault($"it refers to something outside by the text '{InputText.Show(_reader.Line())}'; PyTorch refers to storages by tuples");
            default:
                return false;
        }

        return true;
    }

    private TorchValue Persistent(TorchValue id) =>
        _storages?.Resolve(id, _reader) ?? throw _reader.Fault("it refers to storages of tensors, which a plain pickle does not have");

    private void SetState(TorchValue target, TorchValue state)
    {
        bool accepted = target.Kind == TorchValueKind.Dictionary || (target.Kind == TorchValueKind.Instance && _classes == UnknownClasses.Inert);
        if (!accepted)
        {
            throw _reader.Fault($"it sets attributes of {target.Describe()}");
        }

        _reader.Charge(target.BytesOfState);
        target.SetState(state);
    }

    private TorchValue Target(TorchValueKind kind)
    {
        TorchValue target = _stack.Peek();
        return target.Kind == kind ? target : throw _reader.Fault($"it adds to {target.Describe()} as if that were {(kind is TorchValueKind.Instance ? "an" : "a")} {kind}");
    }

    private void PushTuple(TorchValue[] items)
    {
        _reader.Charge(items.Length == 0 ? 0 : TorchValue.OwnBytes + 24 + (IntPtr.Size * items.Length));
        _stack.Push(items.Length == 0 ? TorchValue.EmptyTuple : TorchValue.Tuple(items));
    }

    private void PushNew(TorchValue value)
    {
        _reader.Charge(TorchValue.OwnBytes);
        _stack.Push(value);
    }

    private void PushFilled(TorchValue container)
    {
        AddAll(_stack.PopToMark(), container);
        PushNew(container);
    }

    private void AddAll(TorchValue[] items, TorchValue target)
    {
        _reader.Charge((target.IsEmpty ? 64 : 0) + (2 * IntPtr.Size * items.Length));
        foreach (TorchValue item in items)
        {
            target.Add(item);
        }
    }

    private void PutAll(TorchValue[] items, TorchValue target, bool push = false)
    {
        if (items.Length % 2 != 0)
        {
            throw _reader.Fault($"it fills a dictionary with {items.Length} keys and values");
        }

        for (int i = 0; i < items.Length; i += 2)
        {
            _calls.Put(target, items[i], items[i + 1]);
        }

        if (push)
        {
            PushNew(target);
        }
    }

    private string Name(TorchValue value) =>
        value.Kind == TorchValueKind.Text ? value.AsText() : throw _reader.Fault($"{value.Describe()} was found where a name is expected");

    private ulong Index(string line) =>
        ulong.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out ulong index)
            ? index
            : throw _reader.Fault($"'{InputText.Show(line)}' was found where a number is expected");

    private void CheckProtocol(byte protocol)
    {
        if (protocol > PickleLimits.Protocol)
        {
            throw _reader.Fault($"it is of pickle protocol {protocol}; the newest known is {PickleLimits.Protocol}");
        }
    }

    private void CheckFrame(ulong length)
    {
        if (length > (ulong)_reader.Remaining)
        {
            throw _reader.Fault($"it claims a frame of {length} bytes; {_reader.Remaining} are left");
        }
    }
}
