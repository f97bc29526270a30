using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>Collects tokens and their ids from a file in any order, and checks that they are unique. There may be unused ids, but not more than tokens.</summary>
internal sealed class TokenIds
{
    private readonly Dictionary<string, int> _idOfName = new(StringComparer.Ordinal);

    public bool Contains(string name) => _idOfName.ContainsKey(name);

    /// <summary>Adds a token; adding it again with the same id has no effect.</summary>
    /// <exception cref="InputException">It has another id already.</exception>
    public void Add(string name, int id)
    {
        if (!_idOfName.TryAdd(name, id) && _idOfName[name] != id)
        {
            throw new InputException($"the token '{InputText.Show(name)}' has two ids: {_idOfName[name]} and {id}");
        }
    }

    /// <summary>Adds the members of a JSON object, each a token with its id.</summary>
    public void AddAll(JsonElement vocabulary)
    {
        foreach (JsonProperty token in vocabulary.EnumerateObject())
        {
            Add(token.Name, Id(token.Value, token.Name));
        }
    }

    /// <summary>The id that a JSON value holds.</summary>
    public static int Id(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0
            ? id
            : throw new InputException($"the id of the token '{InputText.Show(name)}' is {InputText.Show(value.GetRawText())}, not a whole number from 0");

    /// <summary>The names in the order of their ids.</summary>
    /// <param name="mayHaveGaps">Whether there may be unused ids; their names are null.</param>
    /// <exception cref="InputException">Two tokens have one id, or an id is unused.</exception>
    public string?[] ToNames(bool mayHaveGaps)
    {
        int highest = _idOfName.Count == 0 ? -1 : _idOfName.Values.Max();
        string?[] names = new string?[mayHaveGaps ? (int)Math.Min(highest + 1L, 2L * _idOfName.Count) : _idOfName.Count];
        foreach ((string name, int id) in _idOfName)
        {
            if (id >= names.Length)
            {
                string rule = mayHaveGaps ? "there may not be more unused ids than tokens" : $"the ids have to be 0..{names.Length - 1} without gaps";
                throw new InputException($"the token '{InputText.Show(name)}' has the id {id}, but there are {_idOfName.Count} tokens: {rule}");
            }
            if (names[id] is { } other)
            {
                throw new InputException($"the tokens '{InputText.Show(other)}' and '{InputText.Show(name)}' have the same id {id}");
            }
            names[id] = name;
        }
        return names;
    }
}
