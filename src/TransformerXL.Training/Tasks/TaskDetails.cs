using System.Text.Json;
using TransformerXL.Training.Metrics;

namespace TransformerXL.Training.Tasks;

/// <summary>The results of a validation for each label and for single examples.</summary>
public sealed record TaskDetails
{
    /// <summary>The most labels in a record.</summary>
    internal const int MaxLabels = 400;

    private const int MaxConfusions = 400;

    /// <summary>Scores by label, or by type of span.</summary>
    public IReadOnlyList<(string Label, ClassScores Scores)> Labels { get; init; } = [];

    /// <summary>How often an example of one label was given another, the most frequent first, with those that were right.</summary>
    public IReadOnlyList<(string Gold, string Predicted, long Count)> Confusions { get; init; } = [];

    /// <summary>Examples with the largest loss.</summary>
    public IReadOnlyList<WorstExample> Worst { get; init; } = [];

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("labels");
        foreach ((string label, ClassScores scores) in Labels.OrderByDescending(entry => entry.Scores.Support).Take(MaxLabels))
        {
            json.WriteStartObject();
            json.WriteString("label", label);
            json.WriteNumber("precision", scores.Precision);
            json.WriteNumber("recall", scores.Recall);
            json.WriteNumber("f1", scores.F1);
            json.WriteNumber("support", scores.Support);
            json.WriteNumber("predicted", scores.Predicted);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("confusions");
        foreach ((string gold, string predicted, long count) in Confusions.OrderByDescending(entry => entry.Count).Take(MaxConfusions))
        {
            json.WriteStartArray();
            json.WriteStringValue(gold);
            json.WriteStringValue(predicted);
            json.WriteNumberValue(count);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartArray("worst");
        foreach (WorstExample worst in Worst)
        {
            worst.Write(json);
        }

        json.WriteEndArray();
    }
}
