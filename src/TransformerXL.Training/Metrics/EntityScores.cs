using TransformerXL.Labels;

namespace TransformerXL.Training.Metrics;

/// <summary>
/// Measures of predicted spans, such as names: a span is right if its type and both ends are. They equal those of seqeval 1.2: strict
/// (<c>mode="strict"</c> with the scheme: what breaks the scheme is no span), or its default, which follows conlleval.
/// </summary>
/// <param name="scheme">The scheme of the tags.</param>
/// <param name="strict">Whether the strict rules hold.</param>
public sealed class EntityScores(TagScheme scheme, bool strict = true)
{
    private readonly SortedDictionary<string, ClassScores> _types = new(StringComparer.Ordinal);
    private long _words, _correctWords;

    /// <summary>The types of spans, in ordinal order, that occur among examples or predictions.</summary>
    public IReadOnlyDictionary<string, ClassScores> Types => _types;

    /// <summary>All types counted together (micro average).</summary>
    public ClassScores All => _types.Values.Aggregate(default(ClassScores), ClassScores.Add);

    /// <summary>Share of the predicted spans that are right; 0 without predictions.</summary>
    public double Precision => All.Precision;

    /// <summary>Share of the spans that were found; 0 without spans.</summary>
    public double Recall => All.Recall;

    /// <summary>The harmonic mean of precision and recall.</summary>
    public double F1 => All.F1;

    /// <summary>The mean F1 of the types.</summary>
    public double MacroF1 => _types.Values.Select(scores => scores.F1).DefaultIfEmpty(0).Average();

    /// <summary>Share of the words whose tag is right.</summary>
    public double WordAccuracy => _words == 0 ? 0 : (double)_correctWords / _words;

    /// <summary>Counts a sentence.</summary>
    /// <param name="gold">The tag of each word.</param>
    /// <param name="predicted">The predicted tag of each word.</param>
    public void Add(IReadOnlyList<string> gold, IReadOnlyList<string> predicted)
    {
        ArgumentNullException.ThrowIfNull(gold);
        ArgumentNullException.ThrowIfNull(predicted);
        if (gold.Count != predicted.Count)
        {
            throw new ArgumentException($"there are {gold.Count} tags, but {predicted.Count} predictions", nameof(predicted));
        }

        for (int i = 0; i < gold.Count; i++)
        {
            _words++;
            _correctWords += gold[i] == predicted[i] ? 1 : 0;
        }

        HashSet<TagSpan> expected = [.. Spans(gold)];
        foreach (TagSpan span in Spans(predicted))
        {
            Count(span.Type, new ClassScores(expected.Contains(span) ? 1 : 0, 0, 1));
        }

        foreach (TagSpan span in expected)
        {
            Count(span.Type, new ClassScores(0, 1, 0));
        }
    }

    private IReadOnlyList<TagSpan> Spans(IReadOnlyList<string> tags) => strict ? TagSchemes.Spans(tags, scheme) : TagSchemes.LenientSpans(tags);

    private void Count(string type, ClassScores scores) => _types[type] = _types.GetValueOrDefault(type) + scores;
}
