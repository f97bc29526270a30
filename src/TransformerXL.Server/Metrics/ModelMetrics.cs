using TransformerXL.Inference.Serving;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Metrics;

/// <summary>What the schedulers and sessions of the models count.</summary>
internal static class ModelMetrics
{
    private static readonly (string Name, string Type, string Help, Func<SchedulerStatistics, double> Value)[] s_scheduler =
    [
        ("txl_requests_queued", "gauge", "Requests that wait for a place.", values => values.Queued),
        ("txl_requests_reading", "gauge", "Requests whose prompt is being read.", values => values.Reading),
        ("txl_streams_writing", "gauge", "Texts that are being written.", values => values.Writing),
        ("txl_requests_accepted_total", "counter", "Requests that the scheduler accepted.", values => values.Requests),
        ("txl_requests_refused_total", "counter", "Requests that were refused because too many waited.", values => values.Refused),
        ("txl_prompt_tokens_read_total", "counter", "Prompt tokens that were read, and the start token of each new text.", values => values.TokensRead),
        ("txl_prompt_tokens_reused_total", "counter", "Prompt tokens that need not be read, because an earlier text began alike.", values => values.TokensReused),
        ("txl_generated_tokens_total", "counter", "Tokens written.", values => values.TokensGenerated),
        ("txl_request_state_bytes", "gauge", "Bytes of what requests in progress remember.", values => values.StateBytes),
        ("txl_prefix_bytes", "gauge", "Bytes of checkpoints of prompts.", values => values.PrefixBytes),
    ];

    private static readonly (string Name, string Type, string Help, Func<ConversationStatistics, double> Value)[] s_sessions =
    [
        ("txl_sessions_active", "gauge", "Sessions that a request uses now.", values => values.Active),
        ("txl_sessions_idle", "gauge", "Sessions in memory that nobody uses.", values => values.Idle),
        ("txl_session_bytes", "gauge", "Bytes of sessions in memory.", values => values.MemoryBytes),
        ("txl_sessions_saved_total", "counter", "Sessions written to the store.", values => values.Saved),
        ("txl_sessions_loaded_total", "counter", "Sessions read from the store.", values => values.Loaded),
        ("txl_sessions_evicted_total", "counter", "Sessions that left memory to make room.", values => values.Evicted),
    ];

    public static void WriteTo(PrometheusWriter writer, IReadOnlyList<ServedModel> models)
    {
        Write(writer, models, s_scheduler, model => model.Scheduler.Statistics);
        Write(writer, models, s_sessions, model => model.Conversations.Statistics);
    }

    private static void Write<T>(
        PrometheusWriter writer, IReadOnlyList<ServedModel> models, (string Name, string Type, string Help, Func<T, double> Value)[] figures, Func<ServedModel, T> statistics)
    {
        (string Name, T Values)[] all = [.. models.Select(model => (model.Name, statistics(model)))];
        foreach ((string name, string type, string help, Func<T, double> value) in figures)
        {
            writer.Head(name, type, help);
            foreach ((string model, T values) in all)
            {
                writer.Value(name, value(values), ("model", model));
            }
        }
    }
}
