using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Options;
using TransformerXL.Inference;
using TransformerXL.Training.Dynamic;
using TransformerXL.Training.Records;

namespace TransformerXL.Cli.Screens;

/// <summary>The loss of the trained weights beside that of weights that follow the text.</summary>
internal static class DynamicTable
{
    /// <summary>The table, with the measure of the kind of token first.</summary>
    public static IRenderable Render(DynamicOutcome outcome, EvaluationResult before, string unit)
    {
        EvaluationResult after = outcome.Result;
        LossMeasure measure = LossMeasure.For(unit, before.BytesPerToken);
        double one = measure.Of(before.MeanNll), other = measure.Of(after.MeanNll);
        string format = measure.Name == "perplexity" ? "0.00" : "0.000";
        FittingTable table = new(["", "trained weights", $"dynamic, {DynamicRunOptions.NameOf(outcome.Options.Rule)}", "difference"]);
        table.AddRow([measure.Name, Text(one, format), Text(other, format), Percent(other, one)]);
        table.AddRow([$"nats per {unit}", Text(before.MeanNll, "0.0000"), Text(after.MeanNll, "0.0000"), Percent(after.MeanNll, before.MeanNll)]);
        table.AddRow(["tokens/s", Figures.Rate(before.TokensPerSecond), Figures.Rate(after.TokensPerSecond), SpeedRatio(before.TokensPerSecond / after.TokensPerSecond)]);
        return new Rows(table, new Markup($"[grey]{Markup.Escape(Describe(outcome.Options))}; {Markup.Escape(Origin(outcome))}[/]"));
    }

    private static string SpeedRatio(double times) => times >= 1 ? $"{Figures.Rate(times)} times as slow" : $"{Figures.Rate(1 / times)} times as fast";

    /// <summary>The values of a rule in one line.</summary>
    public static string Describe(DynamicOptions options)
    {
        string epsilon = options.Rule == DynamicRule.Sgd ? "" : string.Create(CultureInfo.InvariantCulture, $", epsilon {options.Epsilon:G3}");
        return string.Create(CultureInfo.InvariantCulture, $"learning rate {options.LearningRate:G3}, decay {options.Decay:G3}{epsilon}");
    }

    /// <summary>The member <c>dynamic</c> of an evaluation.</summary>
    public static void WriteJson(Utf8JsonWriter json, DynamicOutcome outcome)
    {
        EvaluationResult result = outcome.Result;
        json.WriteStartObject("dynamic");
        json.WriteString("rule", DynamicRunOptions.NameOf(outcome.Options.Rule));
        json.WriteNumber("loss", result.MeanNll);
        json.WriteNumber("bits_per_character", result.BitsPerCharacter);
        if (result.BitsPerByte is { } bits)
        {
            json.WriteNumber("bits_per_byte", bits);
        }

        json.WriteNumber("perplexity", result.Perplexity);
        json.WriteNumber("learning_rate", outcome.Options.LearningRate);
        json.WriteNumber("decay", outcome.Options.Decay);
        json.WriteNumber("epsilon", outcome.Options.Epsilon);
        json.WriteBoolean("tuned", outcome.Tuned is not null);
        if (outcome.Statistics is { } statistics)
        {
            json.WriteNumber("statistics_segments", statistics.Segments);
        }

        json.WriteNumber("seconds", result.Elapsed.TotalSeconds);
        json.WriteNumber("tokens_per_second", result.TokensPerSecond);
        json.WriteEndObject();
    }

    private static string Origin(DynamicOutcome outcome) => outcome.Tuned is { } tuned
        ? $"found on {Figures.Count(tuned.Tokens, "token")} of the validation text"
        : "--tune finds values for this model";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Percent(double value, double of) => (100 * ((value / of) - 1)).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) + " %";
}
