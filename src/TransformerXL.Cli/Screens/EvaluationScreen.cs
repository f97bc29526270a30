using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Options;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Records;

namespace TransformerXL.Cli.Screens;

/// <summary>The result of an evaluation, as a table or as JSON; below float32 with the exact result, to show the cost of the precision.</summary>
internal sealed class EvaluationScreen(
    ModelFolder trained, string text, TokenFile tokens, EvaluationOptions options, EvaluationResult result, EvaluationResult? exact, UnigramBaseline? unigram)
{
    /// <summary>What weights that follow the text found; null if none did.</summary>
    public DynamicOutcome? Dynamic { get; init; }

    private string PrecisionName => PrecisionNames.Of(options.Precision);

    private string Unit => trained.Vocabulary.Unit;

    private ModelFamily Family => trained.Configuration.Model.Family;

    public IRenderable Render()
    {
        ContextConfiguration context = options.Context;
        string lengths = !Family.HasMemoryLength
            ? "the state of all text before"
            : ContextText.Lengths(Family, context)
                + (context.ClampLength > 0 ? $", distances clamped at {context.ClampLength}" : "")
                + (context.SameLength ? ", same length" : "")
                + (trained.Configuration.Context.ExtendedLength is > 0 and int extended ? $", without the extended context of {extended} of its training" : "");
        lengths += options.BatchSize > 1 ? $", {options.BatchSize} streams" : "";
        List<(string, string)> rows =
        [
            .. Measures(),
            ("loss", $"{result.MeanNll:0.0000} nats per {Unit}"),
            ("text", $"{Figures.Count(result.Tokens, Unit)} predicted, {Figures.Count(result.Characters, "character")}{(result.Bytes is { } bytes ? $", {Figures.Count(bytes, "byte")}" : "")}"),
            ("context", lengths),
            ("speed", $"{Figures.Rate(result.TokensPerSecond)} tokens/s, {Figures.Time(result.Elapsed)}"),
        ];
        if (unigram is not null)
        {
            rows.Insert(rows.FindIndex(row => row.Item1 == "perplexity") + 1, ("unigram", $"{unigram.Perplexity:0.0} per {Unit}, by frequency in the training text"));
        }

        if (tokens.Unknown > 0)
        {
            rows.Add(("unknown", $"{Figures.Count(tokens.Unknown)} {Unit}s are not in the vocabulary"));
        }

        if (exact is not null)
        {
            rows.Add((PrecisionNames.Float32, $"{Quality(exact)}, {Figures.Rate(exact.TokensPerSecond)} tokens/s, {Figures.Time(exact.Elapsed)}"));
            rows.Add(($"cost of {PrecisionName}", $"{Cost(exact)}; {Figures.Rate(result.TokensPerSecond / exact.TokensPerSecond)} times as fast"));
        }

        Markup title = new($"[bold]{Markup.Escape(text)}[/], {Weights()}");
        return Dynamic is null ? new Rows(title, BenchTable.Grid(rows)) : new Rows(title, BenchTable.Grid(rows), DynamicTable.Render(Dynamic, result, Unit));
    }

    private string Weights() => (trained.Step, trained.Checkpoint) switch
    {
        (null, _) => "weights of a model folder",
        ({ } step, RunCheckpoints.AverageName) => $"averaged weights up to step {Figures.Count(step)}",
        ({ } step, _) => $"weights of step {Figures.Count(step)}",
    };

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", "evaluation");
        json.WriteString("text", text);
        if (trained.Step is { } step)
        {
            json.WriteNumber("step", step);
        }
        else
        {
            json.WriteNull("step");
        }

        json.WriteNumber("loss", result.MeanNll);
        json.WriteNumber("bits_per_character", result.BitsPerCharacter);
        WriteKnown(json, "bits_per_byte", result.BitsPerByte);
        json.WriteNumber("perplexity", result.Perplexity);
        if (unigram is not null)
        {
            json.WriteNumber("unigram_perplexity", unigram.Perplexity);
        }

        json.WriteNumber("tokens", result.Tokens);
        json.WriteNumber("characters", result.Characters);
        WriteKnown(json, "bytes", result.Bytes);
        json.WriteNumber("unknown", tokens.Unknown);
        json.WriteNumber("target_length", options.Context.TargetLength);
        ContextText.WriteMemoryLength(json, Family, options.Context);
        json.WriteNumber("clamp_length", options.Context.ClampLength);
        json.WriteBoolean("same_length", options.Context.SameLength);
        json.WriteNumber("batch", options.BatchSize);
        json.WriteString("precision", PrecisionName);
        json.WriteNumber("seconds", result.Elapsed.TotalSeconds);
        json.WriteNumber("tokens_per_second", result.TokensPerSecond);
        if (exact is not null)
        {
            json.WriteNumber("float32_loss", exact.MeanNll);
            json.WriteNumber("float32_bits_per_character", exact.BitsPerCharacter);
            WriteKnown(json, "float32_bits_per_byte", exact.BitsPerByte);
            json.WriteNumber("float32_perplexity", exact.Perplexity);
            json.WriteNumber("float32_tokens_per_second", exact.TokensPerSecond);
            json.WriteNumber("cost_bits_per_character", result.BitsPerCharacter - exact.BitsPerCharacter);
            WriteKnown(json, "cost_bits_per_byte", result.BitsPerByte - exact.BitsPerByte);
            json.WriteNumber("cost_perplexity", result.Perplexity - exact.Perplexity);
        }

        if (Dynamic is not null)
        {
            DynamicTable.WriteJson(json, Dynamic);
        }

        json.WriteEndObject();
    }

    /// <summary>First the usual measure for this kind of token, then the others.</summary>
    private IEnumerable<(string, string)> Measures()
    {
        (string, string) perCharacter = ("bits per character", Figures.Loss(result.BitsPerCharacter)), perplexity = ("perplexity", $"{result.Perplexity:0.000} per {Unit}");
        if (result.BitsPerByte is not { } bits)
        {
            return [perplexity, perCharacter];
        }

        (string, string) perByte = ("bits per byte", Figures.Loss(bits));
        return Unit == "character" ? [perCharacter, perByte, perplexity] : [perByte, perCharacter, perplexity];
    }

    private string Quality(EvaluationResult of) => LossText.Measure(of.MeanNll, Unit, of.BytesPerToken);

    /// <summary>The cost of the precision; negative if rounding happened to help.</summary>
    private string Cost(EvaluationResult of)
    {
        LossMeasure measure = LossMeasure.For(Unit, of.BytesPerToken);
        double cost = measure.Of(result.MeanNll) - measure.Of(of.MeanNll);
        return string.Create(CultureInfo.InvariantCulture, $"{cost:+0.00000;-0.00000;0} {(measure.Name == "perplexity" ? "of perplexity" : measure.Name)}");
    }

    private static void WriteKnown(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
