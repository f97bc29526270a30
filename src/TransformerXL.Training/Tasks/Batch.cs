namespace TransformerXL.Training.Tasks;

/// <summary>
/// What one forward pass learns from: all streams of a batch, or those of one of its chunks. Ids are time-major: row <c>t</c>
/// of stream <c>b</c> at <c>t * B + b</c>.
/// </summary>
/// <param name="inputs">Token ids <c>(L, B)</c>.</param>
/// <param name="targets">What is to be predicted <c>(T, B)</c>; the task says what an id means.</param>
/// <param name="streams"><c>B</c>.</param>
public readonly ref struct Batch(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int streams)
{
    /// <summary>Token ids <c>(L, B)</c>.</summary>
    public ReadOnlySpan<int> Inputs { get; } = inputs;

    /// <summary>What is to be predicted <c>(T, B)</c>: token ids for next-token prediction, a row of class ids for a classification.</summary>
    public ReadOnlySpan<int> Targets { get; } = targets;

    /// <summary><c>B</c>: sequences side by side.</summary>
    public int Streams { get; } = streams;
}
