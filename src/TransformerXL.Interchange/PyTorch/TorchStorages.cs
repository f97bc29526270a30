using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>The storages that a pickle refers to, by key.</summary>
internal abstract class TorchStorages
{
    private readonly Dictionary<string, TorchStorageBlock> _blocks = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, TorchStorageBlock> Blocks => _blocks;

    /// <summary>
    /// Resolves a reference. PyTorch writes <c>('storage', class, key, device, count)</c>, in the old format
    /// with the part of the storage that is meant, and <c>('module', class, file, source text)</c> for a class.
    /// </summary>
    public TorchValue Resolve(TorchValue id, PickleReader reader)
    {
        if (id is { Kind: TorchValueKind.Tuple, Items: [{ Kind: TorchValueKind.Text } kind, ..] items })
        {
            switch (kind.AsText())
            {
                case "module" when items is [_, { Kind: TorchValueKind.Symbol } type, ..]:
                    return type;
                case "storage" when items is [_, { Kind: TorchValueKind.Symbol } type, { Kind: TorchValueKind.Text } key, _, { Kind: TorchValueKind.WholeNumber } count, ..]:
                    reader.Charge(256);
                    TorchStorageBlock block = Block(type.SymbolName, key.AsText(), count, reader);
                    return TorchValue.Storage(View(block, items.Count > 5 ? items[5] : TorchValue.None, reader));
            }
        }

        throw reader.Fault($"it refers to something outside by {id.Describe()}, which is not how PyTorch refers to a storage");
    }

    /// <summary>Finds the block in the file if the format gives its position already; rejects one that does not exist.</summary>
    protected abstract void Locate(TorchStorageBlock block, string key, PickleReader reader);

    private TorchStorageBlock Block(string className, string key, TorchValue claimed, PickleReader reader)
    {
        if (PickleGlobals.StorageType(className) is not { } type)
        {
            throw reader.Fault($"storage '{InputText.Show(key)}' is of the class '{InputText.Show(className)}', whose numbers are not known here");
        }

        long max = reader.FileLength / SafetensorsTypes.SizeOf(type);
        if (claimed.AsBigInteger() is var count && (count < 0 || count > max))
        {
            throw reader.Fault($"storage '{InputText.Show(key)}' claims {claimed.Describe()} elements in a file of {reader.FileLength} bytes");
        }

        if (!_blocks.TryGetValue(key, out TorchStorageBlock? block))
        {
            block = new TorchStorageBlock(type, (long)count);
            Locate(block, key, reader);
            _blocks.Add(key, block);
        }

        return block.Type == type && block.Count == count
            ? block
            : throw reader.Fault($"storage '{InputText.Show(key)}' is said to be {block.Count} of {block.Type} and also {count} of {type}");
    }

    private static TorchStorage View(TorchStorageBlock block, TorchValue view, PickleReader reader)
    {
        if (view.Kind == TorchValueKind.None)
        {
            return new TorchStorage(block, 0, block.Count);
        }

        return view is { Kind: TorchValueKind.Tuple, Items: [_, { Kind: TorchValueKind.WholeNumber } offset, { Kind: TorchValueKind.WholeNumber } size] }
            && offset.AsBigInteger() >= 0 && size.AsBigInteger() >= 0 && offset.AsBigInteger() + size.AsBigInteger() <= block.Count
                ? new TorchStorage(block, offset.AsInteger(), size.AsInteger())
                : throw reader.Fault($"a part of a storage of {block.Count} elements is described by {view.Describe()}");
    }
}
