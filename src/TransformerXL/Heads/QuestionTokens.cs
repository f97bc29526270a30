namespace TransformerXL.Heads;

/// <summary>A question and its text as tokens.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Places">The tokens of the text, and which part of the text each belongs to.</param>
/// <param name="None">The token that stands for no answer.</param>
/// <param name="Delay">Tokens between a token and the place of its logits.</param>
internal sealed record QuestionTokens(int[] Ids, IReadOnlyList<TokenPlace> Places, int None, int Delay)
{
    /// <summary>The first token of the question.</summary>
    public required int Question { get; init; }

    /// <summary>The first token of the text.</summary>
    public required int Text { get; init; }

    /// <summary>The tokens at which the ends of a span are predicted: those of the part of the text that holds the span.</summary>
    /// <returns>The first and the last token; null where the span is in no token.</returns>
    public (int First, int Last)? Find(int start, int end)
    {
        int first = -1, last = -1;
        foreach (TokenPlace place in Places)
        {
            if (place.End > start && place.Start < end)
            {
                first = first < 0 ? place.Token : first;
                last = place.Token;
            }
        }

        return first < 0 ? null : (first + Delay, last + Delay);
    }

    /// <summary>For each token 1 where an end of a span may be predicted, else 0.</summary>
    public int[] Allowed(bool hasUnanswerable)
    {
        int[] allowed = new int[Ids.Length];
        foreach (TokenPlace place in Places)
        {
            allowed[place.Token + Delay] = 1;
        }

        allowed[None + Delay] = hasUnanswerable || Places.Count == 0 ? 1 : allowed[None + Delay];
        return allowed;
    }
}
