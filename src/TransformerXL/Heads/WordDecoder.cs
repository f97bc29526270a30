namespace TransformerXL.Heads;

/// <summary>The most probable label of each word alone.</summary>
/// <param name="labels">C.</param>
internal sealed class WordDecoder(int labels) : LabelDecoder
{
    public override int[][] Decode(IReadOnlyList<float[]> logits) =>
        [.. logits.Select(text => Rows(text).Select(row => Distribution.Best(row.Span)).ToArray())];

    public override double[][] ProbabilitiesOf(IReadOnlyList<float[]> logits, IReadOnlyList<int[]> labels) =>
        [.. logits.Zip(labels, (text, own) => Rows(text).Zip(own, (row, label) => Distribution.Softmax(row.Span)[label]).ToArray())];

    public override double[] Losses(IReadOnlyList<float[]> logits, IReadOnlyList<int[]> labels) =>
        [.. ProbabilitiesOf(logits, labels).Select(text => text.Sum(probability => -Math.Log(Math.Max(double.Epsilon, probability))))];

    private IEnumerable<ReadOnlyMemory<float>> Rows(float[] text)
    {
        for (int first = 0; first < text.Length; first += labels)
        {
            yield return text.AsMemory(first, labels);
        }
    }
}
