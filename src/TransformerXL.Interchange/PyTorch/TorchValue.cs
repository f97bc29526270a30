using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// A value from a pickle. Values are shared where the file shares them, and a malicious file can make a container hold
/// itself: code that walks through all values must limit its steps.
/// </summary>
public sealed class TorchValue
{
    /// <summary>Bytes of memory of a value without the objects it refers to: header, kind, bits, reference.</summary>
    internal const int OwnBytes = 40;

    private static readonly TorchValue[] s_smallIntegers = [.. Enumerable.Range(0, 256).Select(value => new TorchValue(TorchValueKind.WholeNumber, null, value))];

    private readonly long _bits;
    private object? _payload;

    private TorchValue(TorchValueKind kind, object? payload, long bits = 0)
    {
        Kind = kind;
        _payload = payload;
        _bits = bits;
    }

    /// <summary>What the value is.</summary>
    public TorchValueKind Kind { get; }

    /// <summary>Elements of a list, a tuple or a set.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public IReadOnlyList<TorchValue> Items =>
        Kind is TorchValueKind.List or TorchValueKind.Tuple or TorchValueKind.Set ? (IReadOnlyList<TorchValue>?)_payload ?? [] : throw Wrong("a list");

    /// <summary>Keys and values of a dictionary, in the order of the file.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public IReadOnlyList<KeyValuePair<TorchValue, TorchValue>> Pairs =>
        Kind == TorchValueKind.Dictionary ? ((TorchDictionary?)_payload)?.Pairs ?? [] : throw Wrong("a dictionary");

    /// <summary><c>module.name</c> of a symbol, or of the class of an object.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public string SymbolName => Kind switch
    {
        TorchValueKind.Symbol => (string)_payload!,
        TorchValueKind.Instance => ((TorchInstance)_payload!).ClassName,
        _ => throw Wrong("a symbol or an object"),
    };

    /// <summary>The attributes of an object, or those set on a dictionary; null if there are none.</summary>
    public TorchValue? State => _payload switch
    {
        TorchInstance instance => instance.State,
        TorchDictionary dictionary => dictionary.State,
        _ => null,
    };

    /// <summary>The value under a key of a dictionary, or the attribute of an object.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public TorchValue this[string key] =>
        TryGet(key, out TorchValue? value) ? value : throw new InputException($"There is no '{InputText.Show(key)}' in {Describe()}");

    /// <summary>The value with a number as its key, as in the state of an optimizer.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public TorchValue this[long key] =>
        Kind == TorchValueKind.Dictionary && ((TorchDictionary?)_payload)?.Find(Integer(key)) is { } value
            ? value
            : throw new InputException(string.Create(CultureInfo.InvariantCulture, $"There is no {key} in {Describe()}"));

    /// <summary>Whether a dictionary has the key or an object the attribute, and its value.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out TorchValue? value)
    {
        TorchDictionary? attributes = _payload switch
        {
            TorchDictionary dictionary => dictionary,
            TorchInstance instance => instance.Attributes,
            _ => null,
        };
        value = attributes?.Find(Text(key));
        return value is not null;
    }

    /// <summary>The boolean.</summary>
    /// <exception cref="InputException">The value is something else; so for all of these.</exception>
    public bool AsBoolean() => Kind == TorchValueKind.Boolean ? _bits != 0 : throw Wrong("true or false");

    /// <summary>The whole number.</summary>
    /// <exception cref="InputException">The value is something else, or needs more than 64 bits.</exception>
    public long AsInteger() => Kind == TorchValueKind.WholeNumber && _payload is null ? _bits : throw Wrong("a whole number of 64 bits");

    /// <summary>The whole number, of any size.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public BigInteger AsBigInteger() =>
        Kind != TorchValueKind.WholeNumber ? throw Wrong("a whole number") : _payload is BigInteger big ? big : _bits;

    /// <summary>The number, whole or not.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public double AsNumber() => Kind switch
    {
        TorchValueKind.Number => BitConverter.Int64BitsToDouble(_bits),
        TorchValueKind.WholeNumber => (double)AsBigInteger(),
        _ => throw Wrong("a number"),
    };

    /// <summary>The text.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public string AsText() => Kind == TorchValueKind.Text ? (string)_payload! : throw Wrong("text");

    /// <summary>The bytes.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public ReadOnlyMemory<byte> AsBytes() => Kind == TorchValueKind.Bytes ? (byte[])_payload! : throw Wrong("bytes");

    /// <summary>The tensor; its elements are read by <see cref="TorchFile.ReadFloats(TorchTensor, Span{float})"/>.</summary>
    /// <exception cref="InputException">The value is something else.</exception>
    public TorchTensor AsTensor() => Kind == TorchValueKind.Tensor ? (TorchTensor)_payload! : throw Wrong("a tensor");

    /// <summary>For example <c>Dictionary (3)</c>; never the whole content.</summary>
    public override string ToString() => Describe();

    internal static TorchValue None { get; } = new(TorchValueKind.None, null);

    internal static TorchValue True { get; } = new(TorchValueKind.Boolean, null, 1);

    internal static TorchValue False { get; } = new(TorchValueKind.Boolean, null);

    internal static TorchValue EmptyTuple { get; } = new(TorchValueKind.Tuple, null);

    internal static TorchValue Integer(long value) =>
        value is >= 0 and < 256 ? s_smallIntegers[value] : new(TorchValueKind.WholeNumber, null, value);

    internal static TorchValue Integer(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? Integer((long)value) : new(TorchValueKind.WholeNumber, value);

    internal static TorchValue Number(double value) => new(TorchValueKind.Number, null, BitConverter.DoubleToInt64Bits(value));

    internal static TorchValue Text(string value) => new(TorchValueKind.Text, value);

    internal static TorchValue Bytes(byte[] value) => new(TorchValueKind.Bytes, value);

    internal static TorchValue Tuple(TorchValue[] items) => new(TorchValueKind.Tuple, items);

    internal static TorchValue List() => new(TorchValueKind.List, null);

    internal static TorchValue Set() => new(TorchValueKind.Set, null);

    internal static TorchValue Dictionary() => new(TorchValueKind.Dictionary, null);

    internal static TorchValue Tensor(TorchTensor tensor) => new(TorchValueKind.Tensor, tensor);

    internal static TorchValue Storage(TorchStorage storage) => new(TorchValueKind.Storage, storage);

    internal static TorchValue Symbol(string name) => new(TorchValueKind.Symbol, name);

    internal static TorchValue Object(string className) => new(TorchValueKind.Instance, new TorchInstance(className));

    /// <summary>Whether it takes no memory because all files share one instance.</summary>
    internal bool IsShared => Kind is TorchValueKind.None or TorchValueKind.Boolean || (Kind == TorchValueKind.WholeNumber && _payload is null && _bits is >= 0 and < 256);

    /// <summary>Whether a container has no memory for items yet.</summary>
    internal bool IsEmpty => _payload is null;

    /// <summary>Bytes of memory that setting attributes takes.</summary>
    internal int BytesOfState => Kind == TorchValueKind.Dictionary && _payload is null ? 128 : 0;

    internal TorchStorage? TryStorage() => _payload as TorchStorage;

    internal TorchDictionary? TryDictionary() => _payload as TorchDictionary;

    /// <summary>Adds to a list or a set.</summary>
    internal void Add(TorchValue item) => ((List<TorchValue>)(_payload ??= new List<TorchValue>())).Add(item);

    /// <summary>Adds a value to a dictionary; the last value of a key wins, as in Python.</summary>
    internal void Put(TorchValue key, TorchValue value) => ((TorchDictionary)(_payload ??= new TorchDictionary())).Put(key, value);

    /// <summary>Sets the attributes of an object or a dictionary.</summary>
    internal void SetState(TorchValue state)
    {
        if (_payload is TorchInstance instance)
        {
            instance.State = state;
        }
        else
        {
            ((TorchDictionary)(_payload ??= new TorchDictionary())).State = state;
        }
    }

    internal bool IsSameKey(TorchValue other) => ReferenceEquals(this, other)
        || (Kind == other.Kind && Kind < TorchValueKind.Bytes && _bits == other._bits && Equals(_payload, other._payload));

    /// <summary>A randomized hash: a file whose keys all collide would otherwise take forever.</summary>
    internal int KeyHash() => Kind >= TorchValueKind.Bytes
        ? RuntimeHelpers.GetHashCode(this)
        : _payload is null ? HashCode.Combine((int)Kind, (int)_bits, (int)(_bits >> 32)) : _payload.GetHashCode();

    internal string Describe() => Kind switch
    {
        TorchValueKind.List or TorchValueKind.Tuple or TorchValueKind.Set => $"{Kind} ({Items.Count})",
        TorchValueKind.Dictionary => $"{Kind} ({Pairs.Count})",
        TorchValueKind.Text => $"'{InputText.Show((string)_payload!)}'",
        TorchValueKind.Tensor => _payload!.ToString()!,
        TorchValueKind.Symbol or TorchValueKind.Instance => $"{Kind} {InputText.Show(SymbolName)}",
        TorchValueKind.WholeNumber when _payload is null => _bits.ToString(CultureInfo.InvariantCulture),
        TorchValueKind.Number => AsNumber().ToString(CultureInfo.InvariantCulture),
        _ => Kind.ToString(),
    };

    private InputException Wrong(string wanted) => new($"{Describe()} was found where {wanted} is expected");
}
