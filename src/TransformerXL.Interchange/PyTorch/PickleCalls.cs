using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>Replaces the calls of a pickle: plain data for the names in <see cref="PickleGlobals"/>, an error for all others.</summary>
internal sealed class PickleCalls(PickleReader reader, UnknownClasses classes)
{
    private readonly TorchTensorBuilder _tensors = new(reader);
    private readonly Dictionary<string, TorchValue> _symbols = new(StringComparer.Ordinal);
    private long _copied;

    /// <summary>The name of a class or function; an unknown one is accepted only where objects are read as data.</summary>
    public TorchValue Resolve(string module, string name)
    {
        if (module.Length + name.Length >= PickleLimits.NameLength)
        {
            throw reader.Fault($"the name '{InputText.Show(module)}.{InputText.Show(name)}' has {module.Length + name.Length + 1} characters; at most {PickleLimits.NameLength} are accepted");
        }

        string whole = $"{module}.{name}";
        if (_symbols.TryGetValue(whole, out TorchValue? symbol))
        {
            return symbol;
        }

        if (classes != UnknownClasses.Inert && !PickleGlobals.TryFind(whole, out _))
        {
            throw Refused(whole, "asks for");
        }

        reader.Charge(TorchValue.OwnBytes + 80 + (2 * whole.Length));
        symbol = TorchValue.Symbol(whole);
        _symbols.Add(whole, symbol);
        return symbol;
    }

    /// <summary>Adds a pair to a dictionary and charges its memory.</summary>
    public void Put(TorchValue dictionary, TorchValue key, TorchValue value)
    {
        reader.Charge(dictionary.Pairs.Count switch { 0 => 128, < TorchDictionary.SearchedInOrder => 32, _ => 64 });
        reader.ChargeKey(key);
        dictionary.Put(key, value);
    }

    /// <summary>An object of the class, without calling anything.</summary>
    public TorchValue New(TorchValue type)
    {
        string name = type.Kind == TorchValueKind.Symbol ? type.SymbolName : throw reader.Fault($"it makes an object of {type.Describe()}, which is not a class");
        reader.Charge(TorchValue.OwnBytes + 32);
        if (PickleGlobals.TryFind(name, out PickleGlobal known))
        {
            return known == PickleGlobal.Dictionary ? TorchValue.Dictionary() : throw Refused(name, "asks for an object of");
        }

        return classes == UnknownClasses.Inert ? TorchValue.Object(name) : throw Refused(name, "asks for an object of");
    }

    public TorchValue Call(TorchValue function, TorchValue arguments)
    {
        string name = function.Kind == TorchValueKind.Symbol ? function.SymbolName : throw reader.Fault($"it calls {function.Describe()}, which is not a function");
        if (arguments.Kind != TorchValueKind.Tuple)
        {
            throw reader.Fault($"it calls '{InputText.Show(name)}' with {arguments.Describe()}, which is not a tuple");
        }

        if (!PickleGlobals.TryFind(name, out PickleGlobal known))
        {
            throw Refused(name, "calls");
        }

        IReadOnlyList<TorchValue> given = arguments.Items;
        reader.Charge(known == PickleGlobal.Tensor ? 256 : TorchValue.OwnBytes + 32);
        return known switch
        {
            PickleGlobal.Tensor => TorchValue.Tensor(_tensors.Build(name, given)),
            PickleGlobal.Parameter when given is [{ Kind: TorchValueKind.Tensor } tensor, ..] => tensor,
            PickleGlobal.Size when given is [{ Kind: TorchValueKind.Tuple } size] => size,
            PickleGlobal.Dictionary when given is [] => TorchValue.Dictionary(),
            PickleGlobal.Dictionary when given is [{ Kind: TorchValueKind.Dictionary or TorchValueKind.List } content] => Dictionary(name, content),
            PickleGlobal.DefaultDictionary when given is [] or [{ Kind: TorchValueKind.Symbol or TorchValueKind.None }] => TorchValue.Dictionary(),
            PickleGlobal.Set when given is [] => TorchValue.Set(),
            PickleGlobal.Set when given is [{ Kind: TorchValueKind.List or TorchValueKind.Tuple } items] => Set(items.Items),
            PickleGlobal.Encode when given is [{ Kind: TorchValueKind.Text } text, { Kind: TorchValueKind.Text } encoding] => Encode(text.AsText(), encoding.AsText()),
            PickleGlobal.Reconstructor when given is [var type, ..] => New(type),
            PickleGlobal.Description => Description(name, arguments),
            PickleGlobal.Constant => throw Refused(name, "calls"),
            _ => throw reader.Fault($"it calls '{name}' with ({string.Join(", ", given.Take(4).Select(value => value.Describe()))})"),
        };
    }

    private static TorchValue Description(string name, TorchValue arguments)
    {
        TorchValue described = TorchValue.Object(name);
        described.SetState(arguments);
        return described;
    }

    private TorchValue Dictionary(string name, TorchValue content)
    {
        TorchValue made = TorchValue.Dictionary();
        if (content.Kind == TorchValueKind.Dictionary)
        {
            Charge(content.Pairs.Count);
            foreach ((TorchValue key, TorchValue value) in content.Pairs)
            {
                Put(made, key, value);
            }

            return made;
        }

        Charge(content.Items.Count);
        foreach (TorchValue pair in content.Items)
        {
            if (pair is not { Kind: TorchValueKind.List or TorchValueKind.Tuple, Items: [TorchValue key, TorchValue value] })
            {
                throw reader.Fault($"it calls '{name}' with {pair.Describe()} where a pair is expected");
            }

            Put(made, key, value);
        }

        return made;
    }

    private TorchValue Set(IReadOnlyList<TorchValue> items)
    {
        Charge(items.Count);
        reader.Charge(64 + (2L * IntPtr.Size * items.Count));
        TorchValue made = TorchValue.Set();
        foreach (TorchValue item in items)
        {
            made.Add(item);
        }

        return made;
    }

    private TorchValue Encode(string text, string encoding)
    {
        if (encoding is not ("latin1" or "latin-1") || text.Any(character => character > 0xff))
        {
            throw reader.Fault($"it encodes text as '{InputText.Show(encoding)}'; bytes are written as latin1");
        }

        Charge(text.Length);
        return TorchValue.Bytes(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>
    /// Charges the memory of a copy: a file that stores a list once and copies it a thousand times would need
    /// a thousand times its size.
    /// </summary>
    private void Charge(int count)
    {
        _copied += count;
        if (_copied > reader.Consumed)
        {
            throw reader.Fault($"it copies {_copied} values after {reader.Consumed} bytes");
        }
    }

    private InputException Refused(string name, string does) => new(
        $"'{reader.File}' is refused: it {does} '{InputText.Show(name)}'. Nothing in a file is executed; only tensors, plain data and, in a whole saved model, the attributes of objects are read. If you trust the file, save the state dictionary of its model and use that.");
}
