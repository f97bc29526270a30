namespace TransformerXL.Heads.Explaining;

/// <summary>The number that a head predicts.</summary>
internal sealed class NumberScore(HeadConfiguration head) : TaskScore
{
    public override double Measure(ReadOnlySpan<float> logits, Func<int, int> rowOf, Span<float> derivatives)
    {
        if (!derivatives.IsEmpty)
        {
            derivatives[0] = (float)head.NumberScale;
        }

        return (logits[0] * head.NumberScale) + head.NumberMean;
    }
}
