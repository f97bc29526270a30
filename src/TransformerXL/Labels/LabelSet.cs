using System.Collections;
using TransformerXL.Files;

namespace TransformerXL.Labels;

/// <summary>The labels of a task in a fixed order; the id of a label is its index.</summary>
public sealed class LabelSet : IReadOnlyList<string>
{
    /// <summary>The most labels of a set.</summary>
    public const int MaxCount = 1 << 20;

    private readonly string[] _names;
    private readonly Dictionary<string, int> _ids;

    /// <summary>Creates a set.</summary>
    /// <param name="names">The labels in the order of their ids; none is empty or repeated. No label at all is a set too.</param>
    /// <exception cref="InputException">A label is empty or repeated, or there are too many.</exception>
    public LabelSet(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        _names = [.. names.Take(MaxCount + 1)];
        Require.That(_names.Length <= MaxCount, $"there are more than {MaxCount} labels; a label names a class, not a text");
        _ids = new Dictionary<string, int>(_names.Length, StringComparer.Ordinal);
        for (int id = 0; id < _names.Length; id++)
        {
            Require.That(!string.IsNullOrEmpty(_names[id]), $"label {id} is empty, but every label needs a name");
            Require.That(_ids.TryAdd(_names[id], id), $"the label '{InputText.Show(_names[id])}' occurs twice, but every label must be listed once");
        }
    }

    /// <summary>The distinct labels in ordinal order.</summary>
    /// <exception cref="InputException">A label is empty, or there are too many.</exception>
    public static LabelSet Sorted(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return new LabelSet(names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    /// <summary>Number of labels.</summary>
    public int Count => _names.Length;

    /// <summary>The label with an id.</summary>
    public string this[int id] => _names[id];

    /// <summary>The id of a label.</summary>
    /// <returns>Whether the set has the label.</returns>
    public bool TryGetId(string name, out int id) => _ids.TryGetValue(name, out id);

    /// <summary>The id of a label.</summary>
    /// <exception cref="InputException">The set does not have the label; the message names the nearest ones.</exception>
    public int IdOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryGetId(name, out int id) ? id : throw new InputException($"the label '{InputText.Show(name)}' is unknown; {Nearest(name)}");
    }

    /// <summary>Which of the labels may have been meant, or what they are, for a message.</summary>
    internal string Nearest(string name)
    {
        const int Shown = 8;
        IReadOnlyList<string> near = NameSuggestions.Find(name, _names, 3);
        string rest = Count > Shown ? ", ..." : "";
        return near.Count > 0
            ? $"the nearest of {Count} known labels: {string.Join(", ", near.Select(label => $"'{InputText.Show(label)}'"))}"
            : $"the known labels: {string.Join(", ", _names.Take(Shown).Select(label => $"'{InputText.Show(label)}'"))}{rest}";
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_names).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _names.GetEnumerator();
}
