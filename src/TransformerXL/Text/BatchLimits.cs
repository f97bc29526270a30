namespace TransformerXL.Text;

/// <summary>The limits of the sizes of a batch.</summary>
internal static class BatchLimits
{
    /// <exception cref="InputException">A number is out of range.</exception>
    public static void CheckSizes(int batchSize, long targetLength, int extendedLength)
    {
        RequireAtLeast(1, batchSize, "batch size");
        RequireAtLeast(1, targetLength, "target length");
        RequireAtLeast(0, extendedLength, "extended length");
        long rows = (targetLength + extendedLength) * batchSize;
        Require.That(
            rows <= Array.MaxLength,
            $"batch size {batchSize} x (target length {targetLength} + extended length {extendedLength}) = {rows} ids per segment; at most {Array.MaxLength} are possible");
    }

    /// <exception cref="InputException">The text has fewer tokens than <paramref name="minimum"/>.</exception>
    public static void CheckText(TokenFile tokens, int batchSize, int targetLength, long minimum) => Require.That(
        tokens.Count >= minimum,
        $"{tokens.Title} has {tokens.Count} {(tokens.Count == 1 ? "token" : "tokens")}: too few for batch size {batchSize} and target length {targetLength}, which need at least {minimum}; use more text, a smaller batch or shorter targets",
        [new("training.batchSize"), new("context.targetLength")]);

    private static void RequireAtLeast(int minimum, long value, string name) =>
        Require.That(value >= minimum, $"{name} {value} must be at least {minimum}");
}
