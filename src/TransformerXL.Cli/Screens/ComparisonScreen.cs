using System.Globalization;
using System.Text.Json;
using TransformerXL.Analysis.Comparison;
using TransformerXL.Analysis.Context;

namespace TransformerXL.Cli.Screens;

/// <summary>The results of a comparison, as a table or as JSON.</summary>
internal static class ComparisonScreen
{
    /// <summary>Short names, so that a row fits in one line of a terminal.</summary>
    public static FittingTable Render(IReadOnlyList<ComparisonRow> rows, ContextComparison contexts)
    {
        IReadOnlyList<string> measures = ComparisonTable.Measures(contexts.Unit);
        string measure = measures[0].Replace(" per ", "/", StringComparison.Ordinal).Replace("character", "char", StringComparison.Ordinal);
        int attention = 3 + measures.Count;
        FittingTable table = new(["model", "parameters", "nats", measure, "attention", .. contexts.Fractions.Select(fraction => string.Create(CultureInfo.InvariantCulture, $"RECL {fraction:0.0##}"))]);
        foreach ((ComparisonRow row, ContextFinding context) in rows.Zip(contexts.Models))
        {
            IReadOnlyList<string> values = ComparisonTable.Values(row, context, contexts.Unit);
            string[] shown = [row.Model.Name, values[1], Figures.Loss(row.MeanLoss), values[3], row.AttentionLength is null ? "all" : values[attention], .. values.Skip(attention + 1).Take(contexts.Fractions.Count)];
            table.AddRow([.. shown.Select(value => value.Replace("at least ", ">= ", StringComparison.Ordinal))]);
        }

        return table;
    }

    /// <summary>Training, validation and test losses side by side, to show overfitting.</summary>
    public static FittingTable RenderLosses(IReadOnlyList<ComparisonRow> rows)
    {
        FittingTable table = new(["loss in nats", "training", "validation", "test"]);
        foreach (ComparisonRow row in rows)
        {
            table.AddRow([row.Model.Name, Loss(row.TrainingLoss), Loss(row.ValidationLoss), ComparisonTable.Loss(row)]);
        }

        return table;
    }

    /// <summary>Text, recipe, seed and machine, a line each.</summary>
    public static IEnumerable<string> Describe(ComparisonSetting setting) =>
    [
        $"Text:     {setting.Text}",
        $"Recipe:   {setting.Recipe}, {setting.SeedText}",
        $"Machine:  {setting.MachineText}",
    ];

    private static string Loss(double? nats) => nats is { } value ? Figures.Loss(value) : "";

    public static void WriteJson(
        Utf8JsonWriter json, ComparisonRow row, ContextFinding context, IReadOnlyList<double> fractions, ComparisonSetting setting, bool budgetTooSmall)
    {
        json.WriteStartObject();
        json.WriteString("kind", "comparison");
        json.WriteString("model", row.Model.Name);
        json.WriteString("run", row.Run);
        json.WriteNumber("parameters", row.Parameters);
        json.WriteNumber("loss", row.Test.MeanNll);
        json.WriteNumber("bits_per_character", row.Test.BitsPerCharacter);
        if (row.Test.BitsPerByte is { } bitsPerByte)
        {
            json.WriteNumber("bits_per_byte", bitsPerByte);
        }

        json.WriteNumber("perplexity", row.Test.Perplexity);
        if (row.AttentionLength is { } length)
        {
            json.WriteNumber("attention_length", length);
        }

        WriteTraining(json, row);
        json.WriteString("text", setting.Text);
        json.WriteNumber("seed", setting.Standard.Training.Seed);
        json.WriteString("processor", setting.Machine.Processor);
        json.WriteString("isa", setting.Machine.InstructionSet);
        json.WriteNumber("threads", setting.Machine.Threads);
        json.WriteNumber("unigram_entropy", Math.Round(setting.UnigramEntropy, 6));
        json.WriteBoolean("budget_too_small", budgetTooSmall);
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

    private static void WriteTraining(Utf8JsonWriter json, ComparisonRow row)
    {
        if (row.TrainingLoss is { } training)
        {
            json.WriteNumber("training_loss", training);
        }

        if (row.ValidationLoss is { } validation)
        {
            json.WriteNumber("validation_loss", validation);
        }

        json.WriteStartArray("losses");
        foreach (double loss in row.TestLosses)
        {
            json.WriteNumberValue(loss);
        }

        json.WriteEndArray();
        json.WriteNumber("loss_mean", row.MeanLoss);
        if (row.LossDeviation is { } deviation)
        {
            json.WriteNumber("loss_deviation", deviation);
        }
    }
}
