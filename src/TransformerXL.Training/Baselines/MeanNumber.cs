using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Baselines;

/// <summary>Predicts the mean number of the training data, whatever the text: the best constant by squared error.</summary>
/// <param name="Value">The mean.</param>
public sealed record MeanNumber(double Value)
{
    /// <summary>Takes the mean of training data; 0 without numbers.</summary>
    public static MeanNumber Train(IEnumerable<TextExample> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        NumberSpread spread = new();
        foreach (double number in examples.Select(example => example.Number).OfType<double>())
        {
            spread.Add(number);
        }

        return new MeanNumber(spread.Mean);
    }
}
