using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>The contents of the folder of a run or a model, as a table or as JSON.</summary>
internal static class InfoScreen
{
    private const int MaxLabels = 12;

    public static IRenderable Render(RunInfo info) => new Rows(
        new Spectre.Console.Text(info.Path, new Style(decoration: Decoration.Bold)),
        BenchTable.Grid(OfModel(info).Concat(info.Run is { } run ? OfRun(info, run) : OfModelFolder(info)).Append(("folder", Figures.Bytes(info.Bytes)))));

    private static (string Name, string Value)[] OfModel(RunInfo info) =>
    [
        ("model", Model(info)),
        .. OfHead(info.Configuration.Head),
        ("context", Context(info.Configuration.Model.Family, info.Configuration.Context)),
        ("vocabulary", $"{info.Vocabulary.Count} {info.Vocabulary.Unit}s"),
    ];

    /// <summary>What the model predicts, if it was trained for a task.</summary>
    private static (string Name, string Value)[] OfHead(HeadConfiguration? head) => head is null ? [] :
        [("task", $"predicts {TaskFolders.Words(head.Kind)}{(head.Labels.Count == 0 ? "" : $": {string.Join(", ", head.Labels.Take(MaxLabels).Select(label => InputText.Show(label)))}")}{(head.Labels.Count > MaxLabels ? $" and {head.Labels.Count - MaxLabels} more" : "")}")];

    private static (string Name, string Value)[] OfRun(RunInfo info, RunConfiguration run) =>
    [
        ("recipe", NeverTrained(info) ? "none; not trained here" : Recipe(run.Training)),
        ("text", Text(info, run.Corpus)),
        ("state", State(info, run)),
        ("validation", Validation(info)),
        ("checkpoints", Checkpoints(info)),
    ];

    private static (string Name, string Value)[] OfModelFolder(RunInfo info) =>
    [
        ("holds", "a model: weights and vocabulary, no training and no text"),
        ("origin", info.Configuration.Origin ?? "unknown"),
    ];

    public static void WriteJson(Utf8JsonWriter json, RunInfo info)
    {
        ModelConfiguration model = info.Configuration.Model.Resolve();
        ContextConfiguration context = info.Configuration.Context;
        json.WriteStartObject();
        json.WriteString("kind", "info");
        json.WriteString("path", info.Path);
        json.WriteString("holds", info.Run is null ? "model" : "run");
        json.WriteString("origin", info.Configuration.Origin);
        json.WriteStartObject("model");
        json.WriteString("family", model.Family.Name);
        json.WriteString("predicts", info.Configuration.Head is { } head ? TaskFolders.Words(head.Kind) : model.IsCausal ? "the next token" : "masked tokens");
        WriteOptional(json, "parameters", info.Parameters);
        json.WriteNumber("vocabulary", model.VocabularySize);
        json.WriteString("token", info.Vocabulary.Unit);
        json.WriteNumber("layers", model.Layers);
        json.WriteNumber("model_size", model.ModelSize);
        json.WriteNumber("embedding_size", model.EmbeddingSize);
        json.WriteBoolean("tied", model.TieWeights);
        json.WriteNumber("dropout", model.Dropout);
        if (model is AttentionConfiguration attention)
        {
            json.WriteNumber("heads", attention.Heads);
            json.WriteNumber("head_size", attention.HeadSize);
            json.WriteNumber("inner_size", attention.InnerSize);
            json.WriteBoolean("pre_norm", attention.PreNorm);
            json.WriteNumber("attention_dropout", attention.AttentionDropout);
        }

        json.WriteEndObject();
        json.WriteStartObject("context");
        json.WriteNumber("target_length", context.TargetLength);
        ContextText.WriteMemoryLength(json, model.Family, context);
        json.WriteNumber("extended_length", context.ExtendedLength);
        json.WriteNumber("clamp_length", context.ClampLength);
        json.WriteBoolean("same_length", context.SameLength);
        json.WriteEndObject();
        WriteOptional(json, "steps", NeverTrained(info) ? null : info.Run?.Training.Steps);
        Write(json, "last", info.Last, ChosenBy(info));
        Write(json, "best", info.Best, ChosenBy(info));
        Write(json, "average", info.Average, ChosenBy(info));
        json.WriteStartArray("kept");
        foreach (KeptCheckpoint kept in info.Kept)
        {
            json.WriteNumberValue(kept.Step);
        }

        json.WriteEndArray();
        json.WriteNumber("bytes", info.Bytes);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, RunCheckpoint? checkpoint, string? chosenBy)
    {
        if (checkpoint is null)
        {
            json.WriteNull(name);
            return;
        }

        TrainingState state = checkpoint.State;
        json.WriteStartObject(name);
        json.WriteString("path", checkpoint.Path);
        json.WriteNumber("step", state.Step);
        json.WriteNumber("epoch", state.Epoch);
        json.WriteNumber("tokens_seen", state.TokensSeen);
        json.WriteNumber("seconds", state.Seconds);
        WriteOptional(json, "validation_loss", state.ValidationLoss);
        WriteOptional(json, "validation_bits_per_byte", state.ValidationLoss / Math.Log(2) / state.ValidationBytesPerToken);
        WriteOptional(json, "best_validation_loss", state.BestValidationLoss);
        if (state.BestMetric is { } metric && chosenBy is not null)
        {
            json.WriteString("chosen_by", chosenBy);
            json.WriteNumber("best_metric", metric);
        }

        WriteOptional(json, "best_step", state.BestStep);
        json.WriteString("isa", state.Isa.ToLowerInvariant());
        json.WriteNumber("bytes", checkpoint.Bytes);
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

    private static string Model(RunInfo info)
    {
        ModelConfiguration model = info.Configuration.Model.Resolve();
        string parameters = info.Parameters is { } count ? $"{Figures.Large(count)} parameters, " : "";
        AttentionConfiguration? attention = model as AttentionConfiguration;
        string heads = attention is null ? "" : $", {Figures.Count(attention.Heads, "head")} of {attention.HeadSize}, inner size {attention.InnerSize}";
        string norm = attention is null ? "" : $", {(attention.PreNorm ? "pre" : "post")}-norm";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Family.Name}, {parameters}{Figures.Count(model.Layers, "layer")} of {model.ModelSize}{heads}{(model.EmbeddingSize == model.ModelSize ? "" : $", embedding {model.EmbeddingSize}")}{norm}, {(model.TieWeights ? "tied" : "untied")} weights, dropout {model.Dropout}");
    }

    private static string Context(ModelFamily family, ContextConfiguration context) =>
        ContextText.Lengths(family, context)
        + (context.ExtendedLength > 0 ? $", extended by {context.ExtendedLength}" : "")
        + (context.ClampLength > 0 ? $", distances clamped at {context.ClampLength}" : "")
        + (context.SameLength ? ", same length" : "");

    /// <summary>Models imported by earlier versions have a training configuration with default values, although they were never trained here.</summary>
    private static bool NeverTrained(RunInfo info) => info is { Last: null, Configuration.Origin: not null };

    private static string Recipe(TrainingConfiguration training) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Figures.Count(training.Steps, "step")} of batch {training.BatchSize}, learning rate {training.LearningRate} ({training.Schedule.ToString().ToLowerInvariant()}, {Figures.Count(training.WarmupSteps, "step")} of warm-up), {training.Optimizer.Kind.ToString().ToLowerInvariant()}{(training.Optimizer.WeightDecay > 0 ? $" with weight decay {training.Optimizer.WeightDecay}" : "")}, clip norm {training.ClipNorm}, seed {training.Seed}");

    private static string Text(RunInfo info, CorpusOptions? corpus)
    {
        if (corpus is null && info.Configuration.Origin is { } origin)
        {
            return $"none; the weights came from {origin}";
        }

        string source = corpus is null ? "given in memory" : corpus.Path ?? string.Join(", ", new[] { corpus.TrainPath, corpus.ValidationPath, corpus.TestPath }.OfType<string>());
        return info.Run?.Task is not null ? source : info.Text is null ? $"{source}; no token files in this folder" : $"{source}; {info.Text[(info.Text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()}";
    }

    private static string State(RunInfo info, RunConfiguration run) => info.Last is not { State: var state }
        ? info.Configuration.Origin is null ? "no checkpoint yet" : "not trained here"
        : $"step {Figures.Count(state.Step)} of {Figures.Count(run.Training.Steps)}, epoch {state.Epoch}, {Figures.Count(state.TokensSeen, "token")} in {Figures.Time(TimeSpan.FromSeconds(state.Seconds))}";

    private static string Validation(RunInfo info) => info.Last?.State is not { ValidationLoss: { } loss } state
        ? "none yet"
        : $"{Figures.Loss(loss)}{(IsOfNumbers(info) ? "" : " nats")}, {Measure(info, loss, state)}"
            + (state is { BestValidationLoss: { } best, BestStep: { } step } ? $"; {(state.BestMetric is null ? "best" : "chosen")} {Figures.Loss(best)} at step {Figures.Count(step)}{Chosen(info, state)}" : "");

    /// <summary>The metric that chose the best weights.</summary>
    private static string Chosen(RunInfo info, TrainingState state) =>
        state.BestMetric is { } value && ChosenBy(info) is { } name ? $", by {name.Replace('_', ' ')} {LossText.Value(new Metric(name, value, Unit: info.Configuration.Head!.Kind == HeadKind.Spans ? "%" : ""))}" : "";

    private static string? ChosenBy(RunInfo info) =>
        info is { Run.Task: { } task, Configuration.Head: { } head } ? TextMetrics.Choose(task.Metric, head) : null;

    private static bool IsOfNumbers(RunInfo info) => info.Configuration.Head?.Kind == HeadKind.Number;

    /// <summary>The loss in the unit of what is predicted; the loss of a task or of masked tokens says nothing about a whole text.</summary>
    private static string Measure(RunInfo info, double loss, TrainingState state) =>
        IsOfNumbers(info) ? "squared error of scaled numbers"
        : info.Configuration.Head is not null ? "loss of the task"
        : !info.Configuration.Model.IsCausal ? "mean of masked tokens"
        : LossText.Measure(loss, info.Vocabulary.Unit, state.ValidationBytesPerToken);

    private static string Checkpoints(RunInfo info)
    {
        string[] present = [.. new[] { ("last", info.Last), ("best", info.Best), ("average", info.Average) }
            .Where(pair => pair.Item2 is not null)
            .Select(pair => $"{pair.Item1} (step {Figures.Count(pair.Item2!.State.Step)}, {Figures.Bytes(pair.Item2.Bytes)})")];
        string[] kept = info.Kept.Count == 0 ? [] : [$"{Figures.Count(info.Kept.Count)} kept (to step {Figures.Count(info.Kept[^1].Step)})"];
        return present.Length + kept.Length == 0 ? "none" : string.Join(", ", [.. present, .. kept]);
    }
}
