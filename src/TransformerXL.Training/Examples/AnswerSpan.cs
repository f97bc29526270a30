namespace TransformerXL.Training.Examples;

/// <summary>An answer within a context.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Start">Its first character in the context, an index of the string (UTF-16). Files count code points; readers convert and check.</param>
public readonly record struct AnswerSpan(string Text, int Start)
{
    /// <summary>The index after its last character.</summary>
    public int End => Start + Text.Length;
}
