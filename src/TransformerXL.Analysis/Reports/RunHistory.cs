using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>The contents of <c>metrics.jsonl</c> of a run, downsampled to what a page can show; constant space for any length.</summary>
internal sealed class RunHistory
{
    private const int MaxSamples = 12, MaxParts = 20;

    private readonly List<RunPart> _parts = [];
    private readonly List<(long Step, string Text)> _samples = [];
    private int _validationsWithSample, _validationsPerSample = 1;
    private (long Step, string Text)? _lastSample;

    private RunHistory(double tokensPerStep) => TokensPerStep = tokensPerStep;

    /// <summary>The training loss in nats over steps.</summary>
    public CurveBuilder Loss { get; } = new();

    /// <summary>The training loss in nats over tokens.</summary>
    public CurveBuilder LossByTokens { get; } = new();

    /// <summary>The validation loss in nats over steps.</summary>
    public CurveBuilder Validation { get; } = new();

    /// <summary>The validation loss in nats over tokens.</summary>
    public CurveBuilder ValidationByTokens { get; } = new();

    /// <summary>The training loss in nats over seconds of training.</summary>
    public CurveBuilder LossBySeconds { get; } = new();

    /// <summary>The validation loss in nats over seconds of training.</summary>
    public CurveBuilder ValidationBySeconds { get; } = new();

    /// <summary>Characters per token of the validation text; null if the log does not have it.</summary>
    public double? CharactersPerToken { get; private set; }

    /// <summary>Bytes per token of the validation text; null if the log does not have it.</summary>
    public double? BytesPerToken { get; private set; }

    /// <summary>The unigram entropy of the training text in nats; null if the log does not have it.</summary>
    public double? UnigramEntropy { get; private set; }

    /// <summary>The learning rate over steps.</summary>
    public CurveBuilder LearningRate { get; } = new();

    /// <summary>The gradient norm over steps.</summary>
    public CurveBuilder GradientNorm { get; } = new();

    /// <summary>Tokens per second over steps.</summary>
    public CurveBuilder TokensPerSecond { get; } = new();

    /// <summary>The last step that was reported.</summary>
    public long Step { get; private set; }

    /// <summary>Tokens learned from.</summary>
    public double Tokens { get; private set; }

    /// <summary>Seconds of training.</summary>
    public double Seconds { get; private set; }

    /// <summary>The lowest validation loss in nats, and its step.</summary>
    public (long Step, double Loss)? Best { get; private set; }

    /// <summary>The first and the last validation loss in nats.</summary>
    public (double First, double Last)? ValidationEnds { get; private set; }

    /// <summary>The results of the validation that chose the best weights of a task, as in the log; null for next-token prediction.</summary>
    public JsonElement? BestOfTask { get; private set; }

    /// <summary>The metric that chooses the best weights of a task over steps.</summary>
    public CurveBuilder TaskMetric { get; } = new();

    /// <summary>The parts of the training, one for each process that continued it; only the last ones if there were many.</summary>
    public IReadOnlyList<RunPart> Parts => _parts;

    /// <summary>Number of all parts.</summary>
    public int PartCount { get; private set; }

    /// <summary>Number of lines that could not be read, not counting a truncated last line.</summary>
    public int DamagedLines { get; private set; }

    /// <summary>Samples of the model: the first, some between, the last.</summary>
    public IReadOnlyList<(long Step, string Text)> Samples => _lastSample is { } last && _samples[^1] != last ? [.. _samples, last] : _samples;

    private double TokensPerStep { get; set; }

    /// <summary>Reads the file; empty if there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokensPerStep">Tokens per step, for logs that do not have the number of tokens.</param>
    public static RunHistory Read(string path, double tokensPerStep)
    {
        RunHistory history = new(tokensPerStep);
        RegularFile.Require(path);
        if (File.Exists(path))
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            JsonLineReader.Read(stream, history.AddLine);
        }

        return history;
    }

    private void AddLine(ReadOnlyMemory<byte>? line, bool isWhole)
    {
        try
        {
            if (line is not { } bytes)
            {
                DamagedLines++;
            }
            else if (bytes.Length > 0)
            {
                using JsonDocument document = JsonDocument.Parse(bytes);
                Add(document.RootElement);
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // A last line truncated by a kill is not counted as damage.
            DamagedLines += isWhole ? 1 : 0;
        }
    }

    private void Add(JsonElement report)
    {
        long step = report.GetProperty("step").GetInt64();
        switch (report.GetProperty("kind").GetString())
        {
            case "start":
                AddPart(step, report);
                break;
            case "step":
                AddStep(step, report);
                break;
            case "validation":
                AddTask(step, report);
                AddRatios(report);
                AddValidation(step, report.GetProperty("loss").GetDouble(), report.TryGetProperty("sample", out JsonElement sample) ? sample.GetString() ?? "" : "");
                break;
        }
    }

    private void AddTask(long step, JsonElement report)
    {
        if (report.TryGetProperty("chosen_by", out JsonElement name) && name.GetString() is { } metric && report.TryGetProperty(metric, out JsonElement value))
        {
            TaskMetric.Add(step, value.GetDouble());
            BestOfTask = report.GetProperty("best").GetBoolean() || BestOfTask is null ? report.Clone() : BestOfTask;
        }
    }

    private void AddStep(long step, JsonElement report)
    {
        double loss = report.GetProperty("loss").GetDouble();
        Step = step;
        Tokens = report.TryGetProperty("tokens", out JsonElement tokens) ? tokens.GetDouble() : step * TokensPerStep;
        TokensPerStep = step > 0 ? Tokens / step : TokensPerStep;
        Seconds = report.GetProperty("seconds").GetDouble();
        Loss.Add(step, loss);
        LossByTokens.Add(Tokens, loss);
        LossBySeconds.Add(Seconds, loss);
        LearningRate.Add(step, report.GetProperty("learning_rate").GetDouble());
        GradientNorm.Add(step, report.GetProperty("gradient_norm").GetDouble());
        TokensPerSecond.Add(step, report.GetProperty("tokens_per_second").GetDouble());
    }

    private void AddValidation(long step, double loss, string sample)
    {
        Validation.Add(step, loss);
        ValidationByTokens.Add(step * TokensPerStep, loss);
        ValidationBySeconds.Add(Seconds, loss);
        ValidationEnds = (ValidationEnds?.First ?? loss, loss);
        Best = Best is { } best && best.Loss <= loss ? best : (step, loss);
        if (sample.Length > 0)
        {
            AddSample((step, sample));
        }
    }

    /// <summary>The ratios of the loss per token, per character and per byte give the mean length of tokens.</summary>
    private void AddRatios(JsonElement report)
    {
        double bitsPerToken = report.GetProperty("loss").GetDouble() / Math.Log(2);
        CharactersPerToken = Ratio(Number(report, "bits_per_character")) ?? CharactersPerToken;
        BytesPerToken = Ratio(Number(report, "bits_per_byte") ?? Number(report, "bitsPerByte")) ?? BytesPerToken;

        double? Ratio(double? bits) => bits is > 0 && bitsPerToken / bits is > 0 and < 1e6 and var ratio ? ratio : null;
    }

    private static double? Number(JsonElement report, string name) =>
        report.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && double.IsFinite(number) ? number : null;

    /// <summary>Keeps each n-th sample, and doubles n when there are too many.</summary>
    private void AddSample((long Step, string Text) sample)
    {
        _lastSample = sample;
        if (_validationsWithSample++ % _validationsPerSample != 0)
        {
            return;
        }

        _samples.Add(sample);
        if (_samples.Count > MaxSamples)
        {
            List<(long, string)> kept = [.. _samples.Where((_, i) => i % 2 == 0)];
            _samples.Clear();
            _samples.AddRange(kept);
            _validationsPerSample *= 2;
        }
    }

    private void AddPart(long step, JsonElement report)
    {
        PartCount++;
        UnigramEntropy = Number(report, "unigram_entropy") ?? Number(report, "unigramEntropy") ?? UnigramEntropy;
        _parts.Add(new RunPart
        {
            Step = step,
            Time = report.GetProperty("time").GetDateTimeOffset(),
            Machine = new MachineDescription
            {
                Processor = Text(report, "processor"),
                InstructionSet = Text(report, "isa"),
                Threads = report.GetProperty("threads").GetInt32(),
                Runtime = Text(report, "runtime"),
                System = Text(report, "system"),
            },
        });
        if (_parts.Count > MaxParts)
        {
            _parts.RemoveAt(0);
        }
    }

    private static string Text(JsonElement report, string name) => report.GetProperty(name).GetString() ?? "";
}
