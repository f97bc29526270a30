namespace TransformerXL.Heads.Explaining;

/// <summary>The log-odds of a label: of a text, or of the word whose label is read at a token.</summary>
/// <param name="label">The label.</param>
/// <param name="labels">Labels of the head.</param>
/// <param name="excludes">Whether a text or word has one label, so that the odds are against all others; otherwise each label is by itself, and its logit is the log-odds.</param>
/// <param name="place">The token of the word; null for a text.</param>
internal sealed class LabelScore(int label, int labels, bool excludes, int? place = null) : TaskScore
{
    private readonly int[] _places = place is { } token ? [token] : [], _allowed = excludes ? [.. Enumerable.Range(0, labels)] : [label];

    public override ReadOnlySpan<int> Places => _places;

    public override double Measure(ReadOnlySpan<float> logits, Func<int, int> rowOf, Span<float> derivatives) =>
        LogOdds(logits, place is { } token ? rowOf(token) * labels : 0, 1, label, _allowed, derivatives);
}
