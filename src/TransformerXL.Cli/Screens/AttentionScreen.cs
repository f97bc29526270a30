using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Analysis.Attention;

namespace TransformerXL.Cli.Screens;

/// <summary>The heads with the longest reach, as a table or as JSON. Layers and heads are counted from 1.</summary>
internal sealed class AttentionScreen(AttentionMap map, IReadOnlyList<string> files, int widest, string unit)
{
    private IEnumerable<HeadWidth> Widest => map.Widths().Take(widest);

    public IRenderable Render()
    {
        FittingTable table = new(["layer", "head", "80 % within", "mean distance"], [Justify.Right, Justify.Right, Justify.Right, Justify.Right]);
        foreach (HeadWidth width in Widest)
        {
            table.AddRow(
            [
                (width.Layer + 1).ToString(CultureInfo.InvariantCulture),
                (width.Head + 1).ToString(CultureInfo.InvariantCulture),
                $"{Figures.Count(width.Reach)} of {Figures.Count(map.Positions + map.After)}",
                width.MeanDistance.ToString("0.0", CultureInfo.InvariantCulture),
            ]);
        }

        return new Rows(
            new Markup($"[bold]The heads that look farthest[/] of {map.Layers * map.Heads}, averaged over {Figures.Count(map.Queries)} {Markup.Escape(unit)}s; distances in {Markup.Escape(unit)}s"),
            table);
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", "attention");
        json.WriteNumber("layers", map.Layers);
        json.WriteNumber("heads", map.Heads);
        json.WriteNumber("positions", map.Positions);
        json.WriteNumber("tokens", map.Queries);
        json.WriteNumber("target_length", map.Context.TargetLength);
        json.WriteNumber("memory_length", map.Context.MemoryLength);
        json.WriteNumber("clamp_length", map.Context.ClampLength);
        json.WriteBoolean("same_length", map.Context.SameLength);
        json.WriteStartArray("widest");
        foreach (HeadWidth width in Widest)
        {
            json.WriteStartObject();
            json.WriteNumber("layer", width.Layer + 1);
            json.WriteNumber("head", width.Head + 1);
            json.WriteNumber("positions_of_80_percent", width.Reach);
            json.WriteNumber("mean_distance", width.MeanDistance);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (string file in files)
        {
            json.WriteStringValue(file);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
