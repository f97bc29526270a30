using System.Globalization;
using System.Text.Json;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Screens;

/// <summary>The speed of reading the prompt and of generating.</summary>
internal sealed class GenerationStatistics(TimeProvider clock) : IProgress<GenerationReport>
{
    private readonly long _begin = clock.GetTimestamp();
    private long? _promptRead;
    private long _sampleBegan, _sampleEnded, _tokens;
    private GenerationReport? _report;
    private bool _stopped;
    private string? _endToken;

    /// <summary>Number of completed continuations.</summary>
    public int Ended { get; private set; }

    public void Report(GenerationReport value)
    {
        long now = clock.GetTimestamp();
        (_sampleBegan, _sampleEnded) = (_sampleEnded, now);
        _report = value;
        if (_promptRead is null)
        {
            _promptRead = now;
            return;
        }

        Ended++;
        _tokens += value.GeneratedTokens;
        _stopped |= value.StoppedBy is not null;
        _endToken ??= value.StopToken;
    }

    /// <summary>One line.</summary>
    /// <param name="unit">The name of a token.</param>
    /// <param name="seed">The seed that reproduces the text.</param>
    /// <param name="samples">The requested number of continuations.</param>
    public string Describe(string unit, ulong seed, int samples)
    {
        if (_report is not { } report || _promptRead is not { } read)
        {
            return "stopped while reading the prompt";
        }

        double seconds = clock.GetElapsedTime(read).TotalSeconds;
        string seeds = samples == 1 ? $"seed {seed}" : $"seeds {seed} to {unchecked(seed + (ulong)(samples - 1))}";
        string text = _tokens == 0
            ? $"stopped; {seeds}"
            : string.Create(CultureInfo.InvariantCulture, $"{Figures.Count(_tokens, unit)} in {seconds:0.00} s, {Figures.Rate(_tokens / Math.Max(seconds, 1e-9))} tokens/s; {seeds}");
        if (report.PromptTokens > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; prompt of {Figures.Count(report.PromptTokens)} in {clock.GetElapsedTime(_begin, read).TotalSeconds:0.00} s");
        }

        text += report.HealedTokens > 0 ? $", {report.HealedTokens} of them healed" : "";
        text += report.UnknownTokens > 0 ? $", {Figures.Count(report.UnknownTokens)} of them unknown to the vocabulary" : "";
        text += _stopped ? "; ended by a stop string" : "";
        return _endToken is null ? text : $"{text}; ended by the token {ScreenText.TokenName(_endToken)}";
    }

    /// <summary>A hint if the prompt ends with the beginning of longer tokens; null otherwise.</summary>
    public string? DescribeOpenEnd() => _report?.OpenEnd is { } end
        ? $"hint: the prompt ends with the token '{ScreenText.TokenName(end.Token)}', with which {end.LongerTokens} longer one{(end.LongerTokens == 1 ? "" : "s")} such as '{ScreenText.TokenName(end.Example)}' begin{(end.LongerTokens == 1 ? "s" : "")}; --heal lets the model write {(end.LongerTokens == 1 ? "that" : "one of those")}"
        : null;

    /// <summary>Writes an object with a continuation and its statistics.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="text">The text.</param>
    /// <param name="bytes">Its exact bytes; null if the text is exact.</param>
    /// <param name="unit">The name of a token.</param>
    /// <param name="sample">The index of the continuation, from 0.</param>
    /// <param name="seed">The seed that reproduces the text.</param>
    /// <param name="cancelled">Whether the user stopped it.</param>
    public void WriteJson(Utf8JsonWriter json, string text, ReadOnlyMemory<byte>? bytes, string unit, int sample, ulong seed, bool cancelled)
    {
        double prompt = clock.GetElapsedTime(_begin, _promptRead ?? clock.GetTimestamp()).TotalSeconds;
        double seconds = _promptRead is null ? 0 : cancelled ? clock.GetElapsedTime(_sampleEnded).TotalSeconds : clock.GetElapsedTime(_sampleBegan, _sampleEnded).TotalSeconds;
        // The number of tokens is reported at the end, so it is unknown for a text that the user stopped.
        long? tokens = cancelled ? null : _report?.GeneratedTokens;
        string? stop = cancelled ? null : _report?.StoppedBy, token = cancelled ? null : _report?.StopToken;
        json.WriteStartObject();
        json.WriteString("kind", "generation");
        json.WriteNumber("sample", sample);
        json.WriteString("text", text);
        if (bytes is { } exact)
        {
            json.WriteBase64String("base64", exact.Span);
        }

        json.WriteString("unit", unit);
        WriteOptional(json, "tokens", tokens);
        json.WriteNumber("seconds", seconds);
        WriteOptional(json, "tokens_per_second", tokens / Math.Max(seconds, 1e-9));
        json.WriteNumber("prompt_tokens", _report?.PromptTokens ?? 0);
        json.WriteNumber("prompt_unknown", _report?.UnknownTokens ?? 0);
        json.WriteNumber("prompt_healed", _report?.HealedTokens ?? 0);
        json.WriteNumber("prompt_seconds", prompt);
        json.WriteNumber("seed", seed);
        json.WriteString("ended_by", cancelled ? "user" : stop is not null ? "stop" : token is not null ? "stop_token" : "tokens");
        json.WriteString("stop", stop ?? token);
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
