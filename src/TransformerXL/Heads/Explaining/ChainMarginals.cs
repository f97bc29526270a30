namespace TransformerXL.Heads.Explaining;

/// <summary>
/// The marginal probabilities of the labels of the words of a text under a conditional random field. Those of the last text are kept: the scores of all its words read
/// them one after another.
/// </summary>
internal sealed class ChainMarginals
{
    private readonly CrfDecoder _decoder;
    private readonly int[] _places;
    private float[] _words = [], _marginals = [];

    /// <param name="decoder">The conditional random field.</param>
    /// <param name="places">The token of each word at which its label is read.</param>
    /// <param name="labels">C.</param>
    public ChainMarginals(CrfDecoder decoder, int[] places, int labels)
    {
        (_decoder, _places, Labels) = (decoder, places, labels);
        decoder.Constrain();
    }

    /// <summary>C.</summary>
    public int Labels { get; }

    /// <summary>The token at which the label of a word is read.</summary>
    public int PlaceOf(int word) => _places[word];

    /// <summary>The rows of the logits of the words, without those of words that are left out, and the place of one word among them.</summary>
    public (int[] Rows, int Place) RowsOf(Func<int, int> rowOf, int word)
    {
        int[] all = [.. _places.Select(rowOf)];
        return ([.. all.Where(row => row >= 0)], all.Take(word).Count(row => row >= 0));
    }

    /// <summary>The marginal probabilities for logits (words, C).</summary>
    public ReadOnlySpan<float> Of(float[] words)
    {
        if (!words.AsSpan().SequenceEqual(_words))
        {
            (_words, _marginals) = (words, Compute(words));
        }

        return _marginals;
    }

    /// <summary>The same, not kept.</summary>
    public float[] Compute(float[] words) => _decoder.MarginalsOf(words, words.Length / Labels);
}
