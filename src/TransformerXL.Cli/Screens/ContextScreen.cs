using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Analysis.Context;

namespace TransformerXL.Cli.Screens;

/// <summary>The effective context lengths of a group of models, as tables or as JSON.</summary>
internal sealed class ContextScreen(ContextComparison comparison)
{
    private const int MaxRows = 16;

    public IRenderable Render()
    {
        LossTable first = comparison.Models[0].Losses;
        List<IRenderable> parts =
        [
            new Markup($"[bold]Effective context length[/] in {comparison.Unit}s; {Markup.Escape(comparison.Text)}, {Figures.Count(first.Positions, "position")}"),
            Lengths(),
            new Spectre.Console.Text($"Loss by context length, nats per {comparison.Unit}:"),
            Losses(first),
        ];
        foreach (ContextFinding model in comparison.Models.Where(model => model.ByDistance.Count > 0))
        {
            parts.Add(new Spectre.Console.Text($"{model.Name}: bits per character by distance to the answer, the whole test text"));
            parts.Add(Distances(model));
        }

        return new Rows(parts);
    }

    public void WriteJson(Utf8JsonWriter json, ContextFinding model)
    {
        json.WriteStartObject();
        json.WriteString("kind", "context");
        json.WriteString("run", model.Name);
        json.WriteString("text", comparison.Text);
        json.WriteNumber("positions", model.Losses.Positions);
        WriteNumbers(json, "lengths", model.Losses.Lengths.Select(length => (double)length));
        WriteNumbers(json, "loss", model.Losses.MeanLosses());
        json.WriteNumber("plain", model.Plain.Tokens);
        json.WriteBoolean("plain_at_least", model.Plain.IsAtLeast);
        json.WriteStartArray("relative");
        foreach ((ContextLength length, double fraction) in model.Relative.Zip(comparison.Fractions))
        {
            json.WriteStartObject();
            json.WriteNumber("r", fraction);
            json.WriteNumber("length", length.Tokens);
            json.WriteBoolean("at_least", length.IsAtLeast);
            WriteNumbers(json, "relative_gain", length.Gains.Select(gain => gain.Relative));
            WriteNumbers(json, "perplexity_gain", length.Gains.Select(gain => gain.Perplexity));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("by_distance");
        foreach (DistanceLoss distance in model.ByDistance)
        {
            json.WriteStartObject();
            json.WriteNumber("least", distance.Minimum);
            json.WriteNumber("most", distance.Maximum);
            json.WriteNumber("characters", distance.Count);
            json.WriteNumber("optimum", distance.Optimum);
            json.WriteNumber("loss", distance.Loss);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private FittingTable Lengths()
    {
        FittingTable table = Columns(["", .. comparison.Fractions.Select(fraction => "r = " + fraction.ToString(CultureInfo.InvariantCulture)), "by itself"]);
        foreach (ContextFinding model in comparison.Models)
        {
            table.AddRow([model.Name, .. model.Relative.Append(model.Plain).Select(length => (length.IsAtLeast ? ">= " : "") + Figures.Count(length.Tokens))]);
        }

        return table;
    }

    /// <summary>The shortest, the longest, and evenly spaced ones between.</summary>
    private FittingTable Losses(LossTable first)
    {
        FittingTable table = Columns(["context", .. comparison.Models.Select(model => model.Name)]);
        int last = first.Lengths.Count - 1, rows = Math.Min(MaxRows, last + 1);
        foreach (int index in Enumerable.Range(0, rows).Select(row => rows == 1 ? 0 : (int)((long)row * last / (rows - 1))))
        {
            table.AddRow([Figures.Count(first.Lengths[index]), .. comparison.Models.Select(model => model.Losses.MeanLosses()[index].ToString("0.0000", CultureInfo.InvariantCulture))]);
        }

        return table;
    }

    private static FittingTable Distances(ContextFinding model)
    {
        FittingTable table = Columns(["distance", "characters", "optimum", "model", "beyond"]);
        foreach (DistanceLoss own in model.ByDistance)
        {
            string distance = own.Maximum == 0 ? "none" : own.Minimum == own.Maximum ? Figures.Count(own.Maximum) : $"{Figures.Count(own.Minimum)} to {Figures.Count(own.Maximum)}";
            table.AddRow([distance, Figures.Count(own.Count), Bits(own.Optimum), Bits(own.Loss), Bits(own.Excess)]);
        }

        return table;
    }

    private static string Bits(double nats) => Figures.Loss(nats / Math.Log(2));

    private static FittingTable Columns(IEnumerable<string> heads) => new([.. heads]);
}
