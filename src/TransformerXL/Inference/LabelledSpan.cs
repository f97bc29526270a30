namespace TransformerXL.Inference;

/// <summary>Neighbouring words that are labelled as one span, such as a name.</summary>
/// <param name="Type">The label without its prefix.</param>
/// <param name="Text">The text of the span.</param>
/// <param name="Start">The first UTF-16 unit of the span in its text.</param>
/// <param name="End">Behind the last one.</param>
/// <param name="Probability">The lowest probability of the labels of its words.</param>
public readonly record struct LabelledSpan(string Type, string Text, int Start, int End, double Probability);
