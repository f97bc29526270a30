using System.Text.Json.Serialization;
using TransformerXL.Server.OpenAi;

namespace TransformerXL.Server.Routes;

/// <summary>The answer of <c>/v1/classify</c>, <c>/v1/label</c> and <c>/v1/answer</c>.</summary>
internal sealed record PredictionList<T>(string Id, long Created, string Model, IReadOnlyList<T> Data, EmbeddingUsage Usage)
{
    public string Object { get; } = "list";
}

/// <summary>The labels or the number of a text.</summary>
internal sealed record ClassificationItem
{
    public required int Index { get; init; }

    /// <summary>The most probable label; null where a number is predicted, or where none of several labels is probable.</summary>
    public string? Label { get; init; }

    /// <summary>All labels of the text, where it may have several.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The probability of each label.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Probabilities { get; init; }

    /// <summary>The probabilities in the order of the model's labels, as other servers have them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Probs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NumClasses { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Number { get; init; }
}

/// <summary>The labels of the words of a text.</summary>
internal sealed record LabellingItem(int Index, IReadOnlyList<WordItem> Words, IReadOnlyList<SpanItem> Spans);

/// <summary>A word; places count code points.</summary>
internal sealed record WordItem(string Word, string Label, double Probability, int Start, int End);

/// <summary>Words that are labelled as one span.</summary>
internal sealed record SpanItem(string Type, string Text, double Probability, int Start, int End);

/// <summary>The answer to a question; an empty one at -1 for no answer.</summary>
internal sealed record AnswerItem(int Index, string Answer, int Start, int End, double Probability, double NoAnswerProbability);
