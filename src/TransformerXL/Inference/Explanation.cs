using TransformerXL.Heads.Explaining;

namespace TransformerXL.Inference;

/// <summary>Which tokens moved a prediction.</summary>
public sealed record Explanation
{
    /// <summary>The prediction: a label, an answer, or the number. Empty for no answer.</summary>
    public required string Prediction { get; init; }

    /// <summary>
    /// S: how sure the model is. The natural logarithm of the odds p / (1 - p) of a label; the sum of those of the first and the last token of an answer; the number
    /// itself where one is predicted, and the logit where there is a single label.
    /// </summary>
    public required double Score { get; init; }

    /// <summary>The influence of each piece of the text, in order. Marks that the model reads between texts are not among them.</summary>
    public required IReadOnlyList<TokenInfluence> Tokens { get; init; }

    internal static Explanation Of(string prediction, double score, ExplainedDocument document, Func<InfluenceSource, string> textOf, double[] gradients, double?[] leftOut) => new()
    {
        Prediction = prediction,
        Score = score,
        Tokens = [.. document.Pieces.Select((piece, i) => new TokenInfluence(textOf(piece.Source)[piece.Start..piece.End], piece.Source, piece.Start, gradients[i], leftOut[i]))],
    };
}
