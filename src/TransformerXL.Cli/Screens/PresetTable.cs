using System.Text.Json;
using Spectre.Console.Rendering;
using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Footprint;
using TransformerXL.Training.Presets;

namespace TransformerXL.Cli.Screens;

/// <summary>The presets and the memory that they need.</summary>
internal static class PresetTable
{
    public static IRenderable Render()
    {
        FittingTable table = new(["preset", "weights", "layers x d", "L/M", "batch", "steps", "memory"]);
        foreach (Preset preset in Preset.All)
        {
            RunConfiguration c = preset.ForTypicalText();
            table.AddRow(
            [
                preset.Name,
                Short(ModelFootprint.Parameters(c.Model)),
                $"{c.Model.Layers} x {c.Model.ModelSize}",
                $"{c.Context.TargetLength}/{(c.Model.Family.HasMemoryLength ? $"{c.Context.MemoryLength}" : "-")}",
                Figures.Count(c.Training.BatchSize),
                Figures.Count(c.Training.Steps),
                Gibibytes(Memory(c)),
            ]);
        }

        return table;
    }

    public static void WriteJson(Utf8JsonWriter json, Preset preset)
    {
        RunConfiguration c = preset.ForTypicalText();
        json.WriteStartObject();
        json.WriteString("name", preset.Name);
        json.WriteString("summary", preset.Summary);
        json.WriteNumber("parameters", ModelFootprint.Parameters(c.Model));
        json.WriteNumber("vocabulary", c.Model.VocabularySize);
        json.WriteNumber("layers", c.Model.Layers);
        json.WriteNumber("model_size", c.Model.ModelSize);
        if (c.Model is AttentionConfiguration attention)
        {
            json.WriteNumber("heads", attention.Heads);
            json.WriteNumber("head_size", attention.HeadSize);
            json.WriteNumber("inner_size", attention.InnerSize);
        }

        json.WriteNumber("target_length", c.Context.TargetLength);
        ContextText.WriteMemoryLength(json, c.Model.Family, c.Context);
        json.WriteNumber("batch", c.Training.BatchSize);
        json.WriteNumber("steps", c.Training.Steps);
        json.WriteNumber("memory_bytes", Memory(c));
        json.WriteEndObject();
    }

    private static long Memory(RunConfiguration c) => (long)MemoryEstimate.OfTraining(c).Total;

    // An estimate does not deserve more digits.
    private static string Gibibytes(long bytes) => FormattableString.Invariant($"{RoundedTo3Digits(bytes / (double)(1 << 30)):#,0.###} GiB");

    private static double RoundedTo3Digits(double value)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 2);
        return Math.Round(value / unit) * unit;
    }

    private static string Short(long value) => value switch
    {
        >= 1_000_000 => FormattableString.Invariant($"{value / 1e6:0.0} M"),
        _ => Figures.Count(value),
    };
}
