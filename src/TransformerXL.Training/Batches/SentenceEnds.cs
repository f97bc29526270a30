using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>Where sentences end: one line is one sentence.</summary>
public static class SentenceEnds
{
    /// <summary>
    /// The id that ends a line: the newline, or for words <c>&lt;eos&gt;</c> or <c>&lt;S&gt;</c>; null if the vocabulary has none. Where it also begins
    /// each line, <see cref="Vocabulary.StartOfLineId"/> is the same.
    /// </summary>
    public static int? IdFor(Vocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return vocabulary.EndOfLineId;
    }
}
