using System.Collections.Concurrent;
using System.Globalization;

namespace TransformerXL.Server.Metrics;

/// <summary>What the server counts itself: requests, and what they waited for.</summary>
internal sealed class ServerMetrics
{
    private readonly ConcurrentDictionary<(string Route, int Status), Counter> _requests = new();

    /// <summary>Seconds from the request to the last byte of its answer.</summary>
    public Histogram Duration { get; } = new(Histogram.Seconds);

    /// <summary>Seconds from a request to its first token.</summary>
    public Histogram TimeToFirstToken { get; } = new(Histogram.Seconds);

    /// <summary>Seconds between two tokens, the mean of a request.</summary>
    public Histogram TimePerToken { get; } = new(Histogram.Seconds);

    /// <summary>Requests that are being answered.</summary>
    public Counter Active { get; } = new();

    /// <summary>Clients that left before they had their answer.</summary>
    public Counter Left { get; } = new();

    /// <summary>Counts a request that was answered.</summary>
    /// <param name="route">The pattern of its route; a constant for requests that have none, so that nobody can invent names.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="seconds">How long it took.</param>
    public void Answered(string route, int status, double seconds)
    {
        _requests.GetOrAdd((route, status), _ => new Counter()).Add(1);
        Duration.Observe(seconds);
    }

    /// <summary>Writes everything.</summary>
    public void WriteTo(PrometheusWriter writer)
    {
        writer.Head("txl_http_requests_total", "counter", "Requests answered.");
        foreach (((string route, int status), Counter count) in _requests.OrderBy(entry => entry.Key))
        {
            writer.Value("txl_http_requests_total", count.Value, ("route", route), ("status", status.ToString(CultureInfo.InvariantCulture)));
        }

        Duration.WriteTo(writer, "txl_http_request_duration_seconds", "Seconds from a request to the last byte of its answer.");
        TimeToFirstToken.WriteTo(writer, "txl_time_to_first_token_seconds", "Seconds from a request to its first token.");
        TimePerToken.WriteTo(writer, "txl_time_per_output_token_seconds", "Seconds between two tokens, the mean of a request.");
        writer.Single("txl_http_requests_active", "gauge", "Requests that are being answered.", Active.Value);
        writer.Single("txl_http_clients_left_total", "counter", "Clients that left before they had their answer.", Left.Value);
    }
}

/// <summary>A number that many threads change.</summary>
internal sealed class Counter
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Add(long amount) => Interlocked.Add(ref _value, amount);
}
