namespace TransformerXL.Training.Tasks;

/// <summary>What a simple method reaches on the validation examples.</summary>
/// <param name="Name">Such as <c>naive Bayes</c>.</param>
/// <param name="Metrics">Its metrics, under the names of those of the task.</param>
public sealed record TaskBaseline(string Name, IReadOnlyList<Metric> Metrics);
