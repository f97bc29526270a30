namespace TransformerXL.Inference;

/// <summary>How much a piece of the input moved a prediction: a token, or the tokens that form a character together.</summary>
/// <param name="Text">The piece, as it stands in the text.</param>
/// <param name="Source">Where it stands.</param>
/// <param name="Start">The first UTF-16 unit of the piece in its source.</param>
/// <param name="Gradient">
/// Gradient times input: x . dS/dx, summed over the tokens of the piece, with the embedding x and the score S of the prediction (Simonyan et al. 2013; Denil et al. 2014).
/// To first order it is how far the score falls when the embedding becomes zero.
/// </param>
/// <param name="LeftOut">
/// How far the score falls when the piece is left out of the text (Li et al. 2016); null where that was not measured, or where the prediction is read at the piece.
/// </param>
public sealed record TokenInfluence(string Text, InfluenceSource Source, int Start, double Gradient, double? LeftOut)
{
    /// <summary>Behind the last UTF-16 unit of the piece.</summary>
    public int End => Start + Text.Length;
}
