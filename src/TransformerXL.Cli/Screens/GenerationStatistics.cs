using System.Globalization;
using System.Text.Json;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Screens;

/// <summary>How fast a text was read and written.</summary>
internal sealed class GenerationStatistics(TimeProvider clock) : IProgress<GenerationReport>
{
    private readonly long _begin = clock.GetTimestamp();
    private long? _promptRead;
    private GenerationReport? _report;

    public void Report(GenerationReport value)
    {
        _promptRead ??= clock.GetTimestamp();
        _report = value;
    }

    /// <summary>One line.</summary>
    /// <param name="unit">What a token is.</param>
    /// <param name="seed">What repeats the text.</param>
    public string Describe(string unit, ulong seed)
    {
        if (_report is not { } report || _promptRead is not { } read)
        {
            return "stopped while reading the prompt";
        }

        double seconds = clock.GetElapsedTime(read).TotalSeconds;
        long written = report.GeneratedTokens;
        string text = written == 0
            ? string.Create(CultureInfo.InvariantCulture, $"stopped; seed {seed}")
            : string.Create(CultureInfo.InvariantCulture, $"{Figures.Count(written)} {unit}s in {seconds:0.00} s, {Figures.Rate(written / Math.Max(seconds, 1e-9))} tokens/s; seed {seed}");
        if (report.PromptTokens > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; prompt of {Figures.Count(report.PromptTokens)} in {clock.GetElapsedTime(_begin, read).TotalSeconds:0.00} s");
        }

        text += report.HealedTokens > 0 ? $", {report.HealedTokens} of them healed" : "";
        text += report.UnknownTokens > 0 ? $", {Figures.Count(report.UnknownTokens)} of them unknown to the vocabulary" : "";
        return report.StoppedBy is null ? text : $"{text}; ended by a stop string";
    }

    /// <summary>One line if the prompt ends within what may be a longer token; null otherwise.</summary>
    public string? DescribeOpenEnd() => _report?.OpenEnd is { } end
        ? $"hint: the prompt ends with the token '{end.Token}', with which {end.LongerTokens} longer one{(end.LongerTokens == 1 ? "" : "s")} such as '{end.Example}' begin{(end.LongerTokens == 1 ? "s" : "")}; --heal lets the model write {(end.LongerTokens == 1 ? "that" : "one of those")}"
        : null;

    /// <summary>One object with the text and everything about it.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="text">The text.</param>
    /// <param name="unit">What a token is.</param>
    /// <param name="seed">What repeats the text.</param>
    /// <param name="cancelled">Whether the user ended it.</param>
    public void WriteJson(Utf8JsonWriter json, string text, string unit, ulong seed, bool cancelled)
    {
        double prompt = _promptRead is { } read ? clock.GetElapsedTime(_begin, read).TotalSeconds : clock.GetElapsedTime(_begin).TotalSeconds;
        double seconds = _promptRead is { } begin ? clock.GetElapsedTime(begin).TotalSeconds : 0;
        // How many tokens there were is told at the end, which a text that the user ended has not seen.
        long? tokens = cancelled ? null : _report?.GeneratedTokens;
        json.WriteStartObject();
        json.WriteString("kind", "generation");
        json.WriteString("text", text);
        json.WriteString("unit", unit);
        WriteOptional(json, "tokens", tokens);
        json.WriteNumber("seconds", seconds);
        WriteOptional(json, "tokens_per_second", tokens / Math.Max(seconds, 1e-9));
        json.WriteNumber("prompt_tokens", _report?.PromptTokens ?? 0);
        json.WriteNumber("prompt_unknown", _report?.UnknownTokens ?? 0);
        json.WriteNumber("prompt_healed", _report?.HealedTokens ?? 0);
        json.WriteNumber("prompt_seconds", prompt);
        json.WriteNumber("seed", seed);
        json.WriteString("ended_by", cancelled ? "user" : _report?.StoppedBy is null ? "tokens" : "stop");
        json.WriteString("stop", _report?.StoppedBy);
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
