namespace TransformerXL.Training.Examples;

/// <summary>Reads a split once: counts, lengths, labels, duplicates. Memory holds about 60 bytes for each example.</summary>
/// <param name="name">The name of the split.</param>
/// <param name="unit">What lengths count.</param>
internal sealed class SplitSurvey(string name, string unit)
{
    private readonly Dictionary<UInt128, UInt128> _answers = [];
    private readonly List<long> _lengths = [];
    private readonly Dictionary<string, long> _labels = new(StringComparer.Ordinal);
    private long _duplicates, _contradictions;

    public string Name => name;

    /// <summary>The first example with the input of an earlier one and another answer.</summary>
    public ExamplePlace FirstContradiction { get; private set; }

    public long Count => _lengths.Count;

    /// <summary>Number of examples without an answer.</summary>
    public long Unlabelled { get; private set; }

    /// <summary>The labels with their counts.</summary>
    public IReadOnlyDictionary<string, long> Labels => _labels;

    /// <summary>Takes an example.</summary>
    /// <param name="example">The example.</param>
    /// <param name="labels">Its labels, as they are counted.</param>
    /// <returns>The hash of the input.</returns>
    public UInt128 Add(Example example, IEnumerable<string> labels)
    {
        _lengths.Add(example.Length);
        Unlabelled += example.IsLabelled ? 0 : 1;
        foreach (string label in labels)
        {
            _labels[label] = _labels.GetValueOrDefault(label) + 1;
        }

        (UInt128 input, UInt128 answer) = (example.InputFingerprint(), example.AnswerFingerprint());
        if (!_answers.TryAdd(input, answer))
        {
            _duplicates++;
            if (_answers[input] != answer && _contradictions++ == 0)
            {
                FirstContradiction = example.Place;
            }
        }

        return input;
    }

    public bool Has(UInt128 input) => _answers.ContainsKey(input);

    public SplitSummary Summary(string path, string format)
    {
        _lengths.Sort();
        return new SplitSummary
        {
            Name = name,
            Path = path,
            Format = format,
            Count = Count,
            Unlabelled = Unlabelled,
            Labels = [.. _labels.Select(label => new LabelCount(label.Key, label.Value)).OrderByDescending(label => label.Count).ThenBy(label => label.Label, StringComparer.Ordinal)],
            Lengths = Count == 0 ? new LengthSummary(0, 0, 0, 0, 0, unit) : new LengthSummary(_lengths[0], Rank(0.5), _lengths.Average(), Rank(0.95), _lengths[^1], unit),
            Duplicates = _duplicates,
            Contradictions = _contradictions,
        };
    }

    private long Rank(double share) => _lengths[(int)Math.Ceiling(share * _lengths.Count) - 1];
}
