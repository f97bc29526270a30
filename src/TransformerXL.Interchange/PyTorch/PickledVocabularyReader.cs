using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>Takes the attributes of a pickled vocabulary and checks them against each other.</summary>
internal sealed class PickledVocabularyReader(string file, TorchValue vocabulary)
{
    /// <summary>The tokens by id; each must be text, and the table from token to id must agree.</summary>
    public string[] Symbols()
    {
        if (Attribute("idx2sym") is not { Kind: TorchValueKind.List or TorchValueKind.Tuple } list)
        {
            throw Fault($"it holds {vocabulary.Describe()} without a list 'idx2sym' of tokens");
        }

        string[] symbols = [.. list.Items.Select(item => Text("a token", item))];
        var ids = new Dictionary<string, int>(symbols.Length, StringComparer.Ordinal);
        for (int id = 0; id < symbols.Length; id++)
        {
            if (!ids.TryAdd(symbols[id], id))
            {
                throw Fault($"the token '{InputText.Show(symbols[id])}' has the ids {ids[symbols[id]]} and {id}");
            }
        }

        CheckIds(ids);
        return symbols;
    }

    public IReadOnlyList<string> Texts(string name) =>
        Attribute(name) switch
        {
            null => [],
            { Kind: TorchValueKind.List or TorchValueKind.Tuple } list => [.. list.Items.Select(item => Text($"'{name}'", item))],
            var other => throw Wrong(name, other, "a list of texts"),
        };

    public bool Flag(string name) =>
        Attribute(name) switch
        {
            null => false,
            { Kind: TorchValueKind.Boolean } flag => flag.AsBoolean(),
            var other => throw Wrong(name, other, "true or false"),
        };

    public string? OptionalText(string name) => Attribute(name) is { } value ? Text($"'{name}'", value) : null;

    public long? OptionalNumber(string name) =>
        Attribute(name) switch
        {
            null => null,
            { Kind: TorchValueKind.WholeNumber } number when number.AsBigInteger() >= long.MinValue && number.AsBigInteger() <= long.MaxValue => number.AsInteger(),
            var other => throw Wrong(name, other, "a whole number"),
        };

    /// <summary>The reference stores it as an attribute; if that is missing, a token with the usual spelling is used.</summary>
    public int? UnknownId(string[] symbols)
    {
        if (OptionalNumber("unk_idx") is { } id)
        {
            return id >= 0 && id < symbols.Length ? (int)id : throw Fault($"'unk_idx' is {id}, but there are {symbols.Length} tokens");
        }

        int found = Array.FindIndex(symbols, symbol => symbol is "<unk>" or "<UNK>");
        return found >= 0 ? found : null;
    }

    private void CheckIds(Dictionary<string, int> ids)
    {
        if (Attribute("sym2idx") is not { } table)
        {
            return;
        }

        if (table.Kind != TorchValueKind.Dictionary || table.Pairs.Count != ids.Count)
        {
            throw Fault($"'sym2idx' is {table.Describe()}, where {ids.Count} tokens are expected");
        }

        foreach ((TorchValue symbol, TorchValue id) in table.Pairs)
        {
            if (!ids.TryGetValue(Text("a key of 'sym2idx'", symbol), out int expected) || id.Kind != TorchValueKind.WholeNumber || id.AsBigInteger() != expected)
            {
                throw Fault($"'sym2idx' gives the token {symbol.Describe()} the id {id.Describe()}, 'idx2sym' another");
            }
        }
    }

    /// <summary>The value of an attribute; null where it is missing or None.</summary>
    private TorchValue? Attribute(string name) =>
        vocabulary.TryGet(name, out TorchValue? value) && value.Kind != TorchValueKind.None ? value : null;

    private string Text(string what, TorchValue value) =>
        value.Kind == TorchValueKind.Text ? value.AsText() : throw Fault($"{what} is {value.Describe()}, where text is expected");

    private InputException Wrong(string name, TorchValue value, string wanted) => Fault($"'{name}' is {value.Describe()}, where {wanted} is expected");

    private InputException Fault(string text) => new($"'{file}' holds no usable vocabulary: {text}.");
}
