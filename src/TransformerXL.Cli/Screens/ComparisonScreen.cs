using System.Globalization;
using System.Text.Json;
using TransformerXL.Analysis.Comparison;
using TransformerXL.Analysis.Context;

namespace TransformerXL.Cli.Screens;

/// <summary>The table of a comparison for people and for programs.</summary>
internal static class ComparisonScreen
{
    /// <summary>Short names, so that a row keeps to one line of a terminal.</summary>
    public static FittingTable Render(IReadOnlyList<ComparisonRow> rows, ContextComparison contexts)
    {
        FittingTable table = new(["model", "parameters", "nats", "bits/char", "attention", .. contexts.Fractions.Select(fraction => string.Create(CultureInfo.InvariantCulture, $"RECL {fraction:0.0##}"))]);

        foreach ((ComparisonRow row, ContextFinding context) in rows.Zip(contexts.Models))
        {
            IReadOnlyList<string> values = ComparisonTable.Values(row, context);
            string[] shown = [row.Model.Name, values[1], values[2], values[3], row.AttentionLength is null ? "all" : values[5], .. values.Skip(6).Take(contexts.Fractions.Count)];
            table.AddRow([.. shown.Select(value => value.Replace("at least ", ">= ", StringComparison.Ordinal))]);
        }

        return table;
    }

    public static void WriteJson(Utf8JsonWriter json, ComparisonRow row, ContextFinding context, IReadOnlyList<double> fractions)
    {
        json.WriteStartObject();
        json.WriteString("kind", "comparison");
        json.WriteString("model", row.Model.Name);
        json.WriteString("run", row.Run);
        json.WriteNumber("parameters", row.Parameters);
        json.WriteNumber("loss", row.Test.MeanNll);
        json.WriteNumber("bits_per_character", row.Test.BitsPerCharacter);
        json.WriteNumber("perplexity", row.Test.Perplexity);
        if (row.AttentionLength is { } length)
        {
            json.WriteNumber("attention_length", length);
        }

        json.WriteNumber("steps", row.State.Step);
        json.WriteNumber("tokens", row.State.TokensSeen);
        json.WriteNumber("seconds", row.State.Seconds);
        json.WriteNumber("plain_context", context.Plain.Tokens);
        json.WriteStartArray("relative_context");
        foreach ((ContextLength relative, double fraction) in context.Relative.Zip(fractions))
        {
            json.WriteStartObject();
            json.WriteNumber("r", fraction);
            json.WriteNumber("length", relative.Tokens);
            json.WriteBoolean("at_least", relative.IsAtLeast);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
