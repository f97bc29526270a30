namespace TransformerXL.Interchange.PyTorch;

/// <summary>Finds the tensors of a saved model and their names.</summary>
internal sealed class TorchStateDictionary
{
    private const string Modules = "_modules";

    /// <summary>Bytes of memory of an entry and its slots in a list and in an index.</summary>
    private const int EntryBytes = 192;

    private readonly string _file;
    private readonly List<TorchEntry> _entries = [];
    private long _budget;

    /// <summary>
    /// Modules may be shared, so that a small file could describe a tree too large to walk: each step, each character of a name
    /// and the memory of each tensor are charged like the values of a pickle (<see cref="PickleReader.Charge"/>).
    /// </summary>
    private TorchStateDictionary(string file, long fileLength)
    {
        _file = file;
        _budget = PickleLimits.MemoryPerByte * fileLength;
    }

    public static List<TorchEntry> Collect(string file, long fileLength, TorchValue root)
    {
        var found = new TorchStateDictionary(file, fileLength);
        foreach (TorchValue candidate in Candidates(root))
        {
            found.AddAny(candidate);
            if (found._entries.Count > 0)
            {
                break;
            }
        }

        return found._entries;
    }

    private static IEnumerable<TorchValue> Candidates(TorchValue root)
    {
        yield return root;
        foreach (string key in new[] { "state_dict", "model_state_dict", "model_state", "model" })
        {
            if (root.Kind == TorchValueKind.Dictionary && root.TryGet(key, out TorchValue? inner))
            {
                yield return inner;
            }
        }
    }

    private void AddAny(TorchValue value)
    {
        if (value.Kind == TorchValueKind.Dictionary)
        {
            AddTensors(value, "", except: null);
        }
        else if (value.Kind == TorchValueKind.Instance)
        {
            AddModule(value, "", 0);
        }
    }

    /// <summary>In the order of <c>Module.state_dict()</c>: parameters, persistent buffers, then submodules.</summary>
    private void AddModule(TorchValue module, string prefix, int depth)
    {
        if (depth > PickleLimits.ModuleDepth)
        {
            throw new InputException($"'{_file}' is refused: it has modules inside modules beyond a depth of {PickleLimits.ModuleDepth}");
        }

        module.TryGet("_non_persistent_buffers_set", out TorchValue? passing);
        AddTensors(Dictionary(module, "_parameters"), prefix, except: null);
        AddTensors(Dictionary(module, "_buffers"), prefix, passing);
        if (Dictionary(module, Modules) is not { } inner)
        {
            return;
        }

        foreach ((TorchValue key, TorchValue value) in inner.Pairs)
        {
            Pay((2 * prefix.Length) + 64);
            if (key.Kind == TorchValueKind.Text && value.Kind == TorchValueKind.Instance)
            {
                Pay(2 * key.AsText().Length);
                AddModule(value, $"{prefix}{key.AsText()}.", depth + 1);
            }
        }
    }

    private void AddTensors(TorchValue? dictionary, string prefix, TorchValue? except)
    {
        foreach ((TorchValue key, TorchValue value) in dictionary?.Pairs ?? [])
        {
            Pay(8);
            if (key.Kind != TorchValueKind.Text || value.Kind != TorchValueKind.Tensor)
            {
                continue;
            }

            Pay(key.AsText().Length);
            if (!Holds(except, key))
            {
                Pay(EntryBytes + (2 * (prefix.Length + key.AsText().Length)));
                _entries.Add(new TorchEntry(prefix + key.AsText(), value.AsTensor()));
            }
        }
    }

    private bool Holds(TorchValue? set, TorchValue key)
    {
        if (set is not { Kind: TorchValueKind.Set })
        {
            return false;
        }

        // Texts of equal length are compared up to the first difference, which may be at their end.
        Pay(set.Items.Count * (8L + (key.AsText().Length / 8)));
        return set.Items.Any(item => item.IsSameKey(key));
    }

    private static TorchValue? Dictionary(TorchValue module, string name) =>
        module.TryGet(name, out TorchValue? value) && value.Kind == TorchValueKind.Dictionary ? value : null;

    private void Pay(long steps)
    {
        _budget -= steps;
        if (_budget < 0)
        {
            throw new InputException($"'{_file}' is refused: it describes more tensors and modules than a file of its size can hold");
        }
    }
}
