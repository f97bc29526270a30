using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Data;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>The result of an evaluation for people and for programs.</summary>
internal sealed class EvaluationScreen(TrainedModel trained, string text, TokenFile tokens, EvaluationOptions options, EvaluationResult result, UnigramYardstick? unigram)
{
    private string Unit => trained.Vocabulary.Unit;

    public IRenderable Render()
    {
        ContextConfiguration context = options.Context;
        string lengths = trained.Configuration.Model.Kind == ModelKind.Lstm
            ? "the state of all text before"
            : $"segments of {context.TargetLength}, memory of {context.MemoryLength}"
                + (context.ClampLength > 0 ? $", distances clamped at {context.ClampLength}" : "")
                + (context.SameLength ? ", same length" : "");
        lengths += options.BatchSize > 1 ? $", {options.BatchSize} streams" : "";
        List<(string, string)> rows =
        [
            ("bits per character", Figures.Loss(result.BitsPerCharacter)),
            ("perplexity", $"{result.Perplexity:0.000} per {Unit}"),
            ("loss", $"{result.MeanNll:0.0000} nats per {Unit}"),
            ("text", $"{Figures.Count(result.Tokens)} {Unit}s predicted, {Figures.Count(result.Characters)} characters"),
            ("context", lengths),
            ("speed", $"{Figures.Rate(result.TokensPerSecond)} tokens/s, {Figures.Time(result.Elapsed)}"),
        ];
        if (unigram is not null)
        {
            rows.Insert(2, ("unigram", $"{unigram.Perplexity:0.0} per {Unit}, by frequency in the training text"));
        }

        if (tokens.Unknown > 0)
        {
            rows.Add(("unknown", $"{Figures.Count(tokens.Unknown)} {Unit}s are not in the vocabulary"));
        }

        return new Rows(
            new Markup($"[bold]{Markup.Escape(text)}[/], weights of step {Figures.Count(trained.State.Step)}"),
            BenchTable.Grid(rows));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", "evaluation");
        json.WriteString("text", text);
        json.WriteNumber("step", trained.State.Step);
        json.WriteNumber("loss", result.MeanNll);
        json.WriteNumber("bits_per_character", result.BitsPerCharacter);
        json.WriteNumber("perplexity", result.Perplexity);
        if (unigram is not null)
        {
            json.WriteNumber("unigram_perplexity", unigram.Perplexity);
        }

        json.WriteNumber("tokens", result.Tokens);
        json.WriteNumber("characters", result.Characters);
        json.WriteNumber("unknown", tokens.Unknown);
        json.WriteNumber("target_length", options.Context.TargetLength);
        json.WriteNumber("memory_length", options.Context.MemoryLength);
        json.WriteNumber("clamp_length", options.Context.ClampLength);
        json.WriteBoolean("same_length", options.Context.SameLength);
        json.WriteNumber("batch", options.BatchSize);
        json.WriteNumber("seconds", result.Elapsed.TotalSeconds);
        json.WriteNumber("tokens_per_second", result.TokensPerSecond);
        json.WriteEndObject();
    }
}
