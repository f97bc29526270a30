using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Metrics and traces under OpenTelemetry's names for generative models where there are such, by System.Diagnostics alone. Meter and activity source
/// are called <see cref="SchedulerTelemetry.Name"/>.
/// </summary>
internal sealed class SchedulerMetrics : IDisposable
{
    private static readonly ActivitySource s_source = new(SchedulerTelemetry.Name);

    private readonly Meter _meter;
    private readonly TimeProvider _clock;
    private readonly string _model;
    private readonly Histogram<double> _duration, _firstToken, _perToken, _betweenTokens, _queueTime;
    private readonly Histogram<long> _usage;
    private readonly Counter<long> _read, _generated, _reused, _refused;

    public SchedulerMetrics(SchedulerOptions options, Func<SchedulerStatistics> statistics)
    {
        (_clock, _model) = (options.Clock, options.ModelName);
        _meter = options.MeterFactory?.Create(SchedulerTelemetry.Name) ?? new Meter(SchedulerTelemetry.Name);
        _duration = _meter.CreateHistogram<double>("gen_ai.server.request.duration", "s", "Time from a request to its end.");
        _firstToken = _meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s", "Time from a request to its first token.");
        _perToken = _meter.CreateHistogram<double>("gen_ai.server.time_per_output_token", "s", "Mean time of a token after the first one.");
        _usage = _meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}", "Tokens of a request.");
        _betweenTokens = _meter.CreateHistogram<double>("transformer_xl.time_between_tokens", "s", "Time between two tokens of a continuation.");
        _queueTime = _meter.CreateHistogram<double>("transformer_xl.queue.time", "s", "Time that a request waited for a place.");
        _read = _meter.CreateCounter<long>("transformer_xl.tokens.read", "{token}", "Prompt tokens that were read.");
        _generated = _meter.CreateCounter<long>("transformer_xl.tokens.generated", "{token}", "Tokens written.");
        _reused = _meter.CreateCounter<long>("transformer_xl.tokens.reused", "{token}", "Prompt tokens that a checkpoint saved from being read.");
        _refused = _meter.CreateCounter<long>("transformer_xl.requests.refused", "{request}", "Requests that were refused because too many waited.");
        KeyValuePair<string, object?> model = ModelTag;
        _meter.CreateObservableGauge("transformer_xl.queue.length", () => new Measurement<int>(statistics().Queued, model), "{request}", "Requests that wait for a place.");
        _meter.CreateObservableGauge("transformer_xl.streams.reading", () => new Measurement<int>(statistics().Reading, model), "{request}", "Requests whose prompt is being read.");
        _meter.CreateObservableGauge("transformer_xl.streams.writing", () => new Measurement<int>(statistics().Writing, model), "{stream}", "Continuations that are being written.");
        _meter.CreateObservableGauge("transformer_xl.prefix.memory", () => new Measurement<long>(statistics().PrefixBytes, model), "By", "Memory of checkpoints of prompts.");
    }

    private KeyValuePair<string, object?> ModelTag => new("gen_ai.request.model", _model);

    /// <summary>Gauges of conversations.</summary>
    public void Observe(Func<ConversationStatistics> statistics)
    {
        KeyValuePair<string, object?> model = ModelTag;
        _meter.CreateObservableGauge(
            "transformer_xl.sessions",
            () => (Measurement<int>[])[new(statistics().Active, model, new("state", "active")), new(statistics().Idle, model, new("state", "idle"))],
            "{session}", "Conversations in memory.");
        _meter.CreateObservableGauge("transformer_xl.session.memory", () => new Measurement<long>(statistics().MemoryBytes, model), "By", "Memory of conversations.");
    }

    public void Refused() => _refused.Add(1, ModelTag);

    public void Submitted(Job job)
    {
        // The activity belongs to the request, not to what the caller does after it.
        Activity? parent = Activity.Current;
        job.Activity = s_source.StartActivity($"{job.Operation} {_model}", ActivityKind.Internal);
        Activity.Current = parent;
        job.Activity?.SetTag("gen_ai.operation.name", job.Operation).SetTag("gen_ai.request.model", _model).SetTag("gen_ai.provider.name", SchedulerTelemetry.Provider);
    }

    public void Admitted(Job job)
    {
        job.Admitted = _clock.GetTimestamp();
        _queueTime.Record(Seconds(job.Submitted, job.Admitted), ModelTag);
    }

    public void Drawn(Job job)
    {
        long now = _clock.GetTimestamp();
        if (job.FirstResult is null)
        {
            job.FirstResult = now;
            _firstToken.Record(Seconds(job.Submitted, now), ModelTag, new("gen_ai.operation.name", job.Operation));
        }
        else
        {
            _betweenTokens.Record(Seconds(job.LastResult, now), ModelTag);
        }

        job.LastResult = now;
    }

    public void Finished(Job job)
    {
        long written = job.GeneratedTokens;
        TagList tags = new() { ModelTag, { "gen_ai.operation.name", job.Operation }, { "gen_ai.provider.name", SchedulerTelemetry.Provider } };
        _read.Add(job.ReadTokens, tags);
        _reused.Add(job.ReusedTokens, tags);
        _generated.Add(written, tags);
        _usage.Record(job.PromptTokens, [.. tags, new("gen_ai.token.type", "input")]);
        _usage.Record(written, [.. tags, new("gen_ai.token.type", "output")]);
        if (job.FirstResult is { } first && written > 1)
        {
            _perToken.Record(Seconds(first, job.LastResult) / (written - 1), tags);
        }

        string? error = ErrorType(job);
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        _duration.Record(Seconds(job.Submitted, _clock.GetTimestamp()), tags);
        job.Activity?.SetTag("gen_ai.usage.input_tokens", job.PromptTokens).SetTag("gen_ai.usage.output_tokens", written).SetTag("transformer_xl.usage.reused_tokens", job.ReusedTokens);
        if (error is not null)
        {
            job.Activity?.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);
        }

        job.Activity?.Stop();
    }

    public void Dispose() => _meter.Dispose();

    private static string? ErrorType(Job job) => job.End switch
    {
        JobEnd.Complete => null,
        JobEnd.Failed => job.Fault?.GetType().FullName,
        JobEnd end => end.ToString().ToLowerInvariant(),
    };

    private double Seconds(long from, long to) => _clock.GetElapsedTime(from, to).TotalSeconds;
}
