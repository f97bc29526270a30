namespace TransformerXL.Heads.Explaining;

/// <summary>The log-odds that an answer begins at a token, plus those that it ends at one.</summary>
/// <param name="tokens">The question and the text.</param>
/// <param name="hasUnanswerable">Whether no answer is one of the choices.</param>
/// <param name="first">The first token of the answer; that of no answer for none.</param>
/// <param name="last">The last token of the answer.</param>
internal sealed class SpanScore(QuestionTokens tokens, bool hasUnanswerable, int first, int last) : TaskScore
{
    private const int Ends = 2;

    private readonly int[] _places = [first, last];
    private readonly int[] _choices =
    [
        .. tokens.Places.Select(place => place.Token),
        .. hasUnanswerable || tokens.Places.Count == 0 ? [tokens.None] : Array.Empty<int>(),
    ];

    public override ReadOnlySpan<int> Places => _places;

    public override double Measure(ReadOnlySpan<float> logits, Func<int, int> rowOf, Span<float> derivatives)
    {
        int[] rows = [.. _choices.Select(rowOf).Where(row => row >= 0)];
        return LogOdds(logits, 0, Ends, rowOf(first), rows, derivatives) + LogOdds(logits, 1, Ends, rowOf(last), rows, derivatives);
    }
}
