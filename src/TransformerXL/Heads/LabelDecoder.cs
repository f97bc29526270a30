using TransformerXL.Tensors;

namespace TransformerXL.Heads;

/// <summary>Labels of words from the logits of a head, and the loss. For one thread at a time.</summary>
internal abstract class LabelDecoder
{
    /// <summary>The decoder of a head.</summary>
    /// <param name="head">A head of kind <see cref="HeadKind.Tags"/>.</param>
    /// <param name="backend">What computes.</param>
    public static LabelDecoder Create(TaskHead head, Backend backend) =>
        head.Configuration.LabelLayer == LabelLayer.Crf ? new CrfDecoder(head, backend) : new WordDecoder(head.Configuration.Labels.Count);

    /// <summary>The predicted labels of the words of each text.</summary>
    /// <param name="logits">(words, C) of each text.</param>
    public abstract int[][] Decode(IReadOnlyList<float[]> logits);

    /// <summary>The probability of each word's label, for the words of each text.</summary>
    /// <param name="logits">(words, C) of each text.</param>
    /// <param name="labels">The labels of <see cref="Decode"/>.</param>
    public abstract double[][] ProbabilitiesOf(IReadOnlyList<float[]> logits, IReadOnlyList<int[]> labels);

    /// <summary>The negative logarithm of the probability of the labels of each text, in nats.</summary>
    /// <param name="logits">(words, C) of each text.</param>
    /// <param name="labels">The right labels.</param>
    public abstract double[] Losses(IReadOnlyList<float[]> logits, IReadOnlyList<int[]> labels);
}
