namespace TransformerXL.Inference;

/// <summary>A word with its label.</summary>
/// <param name="Word">The word.</param>
/// <param name="Label">Its most probable label.</param>
/// <param name="Probability">The probability of the label.</param>
/// <param name="Start">The first UTF-16 unit of the word in its text; for words without a text, as if they were separated by single spaces.</param>
public readonly record struct WordLabel(string Word, string Label, double Probability, int Start)
{
    /// <summary>Behind the last UTF-16 unit of the word.</summary>
    public int End => Start + Word.Length;
}
