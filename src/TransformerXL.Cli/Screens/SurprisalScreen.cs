using System.Globalization;
using System.Text.Json;
using Spectre.Console.Rendering;
using TransformerXL.Analysis.Surprisal;
using TransformerXL.Models.Families;

namespace TransformerXL.Cli.Screens;

/// <summary>The benefit of memory, as a table or as JSON.</summary>
internal sealed class SurprisalScreen(SurprisalPage page, ModelFamily family, string path)
{
    private const int MaxTokens = 5;

    public IRenderable Render()
    {
        SurprisalSummary summary = page.Summary;
        string unit = page.Vocabulary.Unit;
        return BenchTable.Grid(
            ("with memory", string.Create(CultureInfo.InvariantCulture, $"{summary.WithMemory / page.Length:0.000} {page.Measure} ({ContextText.Lengths(family, page.Context)})")),
            ("without", string.Create(CultureInfo.InvariantCulture, $"{summary.WithoutMemory / page.Length:0.000} {page.Measure}")),
            ("saved", string.Create(CultureInfo.InvariantCulture, $"{Figures.Fixed((summary.WithoutMemory - summary.WithMemory) / page.Length, 3)} {page.Measure}, {Share(summary):0.0} %")),
            ("gained most", string.Join(", ", summary.Gains(MaxTokens).Select(gain => string.Create(CultureInfo.InvariantCulture, $"{ScreenText.TokenName(page.Vocabulary.Describe(gain.Id))} ({Figures.Fixed(gain.Bits, 1)} bits at {Figures.Count(gain.Count, "place")})")))),
            ("read", $"{Figures.Count(summary.Count, unit)}, {Figures.Count(page.Shown.Count)} of them on the page"));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        SurprisalSummary summary = page.Summary;
        json.WriteStartObject();
        json.WriteString("kind", "surprise");
        json.WriteNumber("tokens", summary.Count);
        json.WriteNumber("bits_with_memory", summary.WithMemory);
        json.WriteNumber("bits_without_memory", summary.WithoutMemory);
        if (summary.BytesPerToken(page.Vocabulary) is { } bytes)
        {
            json.WriteNumber("bits_per_byte_with_memory", summary.WithMemory / bytes);
            json.WriteNumber("bits_per_byte_without_memory", summary.WithoutMemory / bytes);
        }

        json.WriteNumber("target_length", page.Context.TargetLength);
        ContextText.WriteMemoryLength(json, family, page.Context);
        json.WriteStartArray("gained_most");
        foreach (TokenGain gain in summary.Gains(MaxTokens))
        {
            json.WriteStartObject();
            json.WriteString("token", page.Vocabulary.Describe(gain.Id));
            json.WriteNumber("id", gain.Id);
            json.WriteNumber("places", gain.Count);
            json.WriteNumber("bits", gain.Bits);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("shown", page.Shown.Count);
        json.WriteString("path", path);
        json.WriteEndObject();
    }

    private static double Share(SurprisalSummary summary) => 100 * (1 - (summary.WithMemory / summary.WithoutMemory));
}
