using System.Text.Json;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Text;

namespace TransformerXL.Cli.Predictions;

/// <summary>Predictions as lines of JSON. Places in texts count code points, as in the files that models are trained on.</summary>
/// <param name="lines">Where to.</param>
/// <param name="top">The most labels with their probabilities; 0 for all.</param>
internal sealed class PredictionLines(JsonLines lines, int top)
{
    public void Write(PredictionItem? item, Classification result, Explanation? explanation = null) => lines.Write(json =>
    {
        Begin(json, item);
        if (result.Number is { } number)
        {
            json.WriteNumber("number", number);
        }
        else
        {
            WriteLabels(json, result);
        }

        json.WriteNumber("tokens", result.Tokens);
        if (explanation is not null)
        {
            WriteExplanation(json, explanation, new CodePointPlaces(item!.PlacedText), item.Second);
        }

        json.WriteEndObject();
    });

    public void Write(PredictionItem item, Labelling result, IReadOnlyList<Explanation>? explanations = null) => lines.Write(json =>
    {
        CodePointPlaces places = new(item.PlacedText);
        Begin(json, item);
        json.WriteStartArray("words");
        for (int i = 0; i < result.Words.Count; i++)
        {
            WordLabel word = result.Words[i];
            json.WriteStartObject();
            json.WriteString("word", word.Word);
            json.WriteString("label", word.Label);
            json.WriteNumber("probability", Rounded(word.Probability));
            json.WriteNumber("start", places.Of(word.Start));
            json.WriteNumber("end", places.Of(word.End));
            if (explanations is not null)
            {
                WriteExplanation(json, explanations[i], places, null);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("spans");
        foreach (LabelledSpan span in result.Spans)
        {
            json.WriteStartObject();
            json.WriteString("type", span.Type);
            json.WriteString("text", span.Text);
            json.WriteNumber("start", places.Of(span.Start));
            json.WriteNumber("end", places.Of(span.End));
            json.WriteNumber("probability", Rounded(span.Probability));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public void Write(PredictionItem item, Answer result, Explanation? explanation = null) => lines.Write(json =>
    {
        CodePointPlaces places = new(item.PlacedText);
        Begin(json, item);
        json.WriteString("answer", result.Text);
        json.WriteNumber("start", places.Of(result.Start));
        json.WriteNumber("end", places.Of(result.End));
        json.WriteNumber("probability", Rounded(result.Probability));
        json.WriteNumber("no_answer_probability", Rounded(result.NoAnswerProbability));
        if (explanation is not null)
        {
            WriteExplanation(json, explanation, places, item.Question);
        }

        json.WriteEndObject();
    });

    private void WriteLabels(Utf8JsonWriter json, Classification result)
    {
        // A label that is the only one of a text is no list.
        LabelProbability[] shown = [.. result.Probabilities.OrderByDescending(label => label.Probability).Take(top == 0 ? int.MaxValue : top)];
        json.WriteString("label", result.Labels is [var best, ..] ? best : null);
        if (Math.Abs(result.Probabilities.Sum(label => label.Probability) - 1) > 1e-6)
        {
            json.WriteStartArray("labels");
            foreach (string label in result.Labels)
            {
                json.WriteStringValue(label);
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("probabilities");
        foreach (LabelProbability label in shown)
        {
            json.WriteNumber(label.Label, Rounded(label.Probability));
        }

        json.WriteEndObject();
    }

    private static void WriteExplanation(Utf8JsonWriter json, Explanation explanation, CodePointPlaces inText, string? other)
    {
        CodePointPlaces inOther = new(other ?? "");
        json.WriteStartObject("explanation");
        json.WriteString("prediction", explanation.Prediction);
        json.WriteNumber("score", Rounded(explanation.Score));
        json.WriteStartArray("tokens");
        foreach (TokenInfluence token in explanation.Tokens)
        {
            json.WriteStartObject();
            json.WriteString("token", token.Text);
            if (token.Source != InfluenceSource.Text)
            {
                json.WriteString("in", token.Source == InfluenceSource.Second ? "text2" : "question");
            }

            CodePointPlaces places = token.Source == InfluenceSource.Text ? inText : inOther;
            json.WriteNumber("start", places.Of(token.Start));
            json.WriteNumber("end", places.Of(token.End));
            json.WriteNumber("gradient", Rounded(token.Gradient));
            if (token.LeftOut is { } leftOut)
            {
                json.WriteNumber("left_out", Rounded(leftOut));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter json, PredictionItem? item)
    {
        json.WriteStartObject();
        if (item is { Line: > 0 })
        {
            json.WriteNumber("line", item.Line);
        }

        JsonLines.WriteId(json, item?.Id, item?.HasNumberedId == true);
    }

    // Enough digits for any use, and few enough to read.
    private static double Rounded(double probability) => Math.Round(probability, 6);
}
