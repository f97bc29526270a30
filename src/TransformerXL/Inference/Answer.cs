namespace TransformerXL.Inference;

/// <summary>The prediction of an <see cref="Answerer"/>.</summary>
/// <param name="Text">The answer, a part of the text; empty for no answer.</param>
/// <param name="Start">The first UTF-16 unit of the answer in the text; -1 for no answer.</param>
/// <param name="Probability">The probability that the answer begins and ends so, among all spans.</param>
/// <param name="NoAnswerProbability">The probability that the text does not answer the question; 0 where the model always answers.</param>
public readonly record struct Answer(string Text, int Start, double Probability, double NoAnswerProbability)
{
    /// <summary>Behind the last UTF-16 unit of the answer; -1 for no answer.</summary>
    public int End => Start < 0 ? -1 : Start + Text.Length;
}
