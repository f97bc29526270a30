using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace TransformerXL.Load;

/// <summary>Loads a server: as many clients as streams, each sends one request after the other.</summary>
internal sealed class LoadRun(LoadOptions options)
{
    private const string Written = "txl_generated_tokens_total";

    private readonly LoadResult _result = new();
    private readonly HttpClient _client = Client(options);
    private long _begun;

    public async Task<LoadResult> RunAsync(CancellationToken stop)
    {
        long before = await WrittenAsync(stop);
        Stopwatch time = Stopwatch.StartNew();
        Task[] clients = [.. Enumerable.Range(0, options.Streams).Select(client => Task.Run(() => ClientAsync(client, time, stop), stop))];
        double early = await EarlyMemoryAsync(Task.WhenAll(clients));
        await Task.WhenAll(clients);
        _result.Seconds = time.Elapsed.TotalSeconds;
        _result.Memory = (early, Memory());
        _result.ServerTokens = await WrittenAsync(stop) - before;
        return _result;
    }

    private static HttpClient Client(LoadOptions options)
    {
        HttpClient client = new(new SocketsHttpHandler { MaxConnectionsPerServer = options.Streams + 8 }) { BaseAddress = options.Address, Timeout = TimeSpan.FromMinutes(30) };
        if (options.Key.Length > 0)
        {
            client.DefaultRequestHeaders.Add("authorization", $"Bearer {options.Key}");
        }

        return client;
    }

    private async Task ClientAsync(int number, Stopwatch time, CancellationToken stop)
    {
        Random random = new(number);
        while (!stop.IsCancellationRequested && (options.Time is not { } limit || time.Elapsed < limit) && (options.Requests is not { } most || Interlocked.Increment(ref _begun) <= most))
        {
            try
            {
                await RequestAsync(random, stop);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                _result.AddFault(fault.Message);
            }
        }
    }

    private async Task RequestAsync(Random random, CancellationToken stop)
    {
        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        int leavesAfter = random.NextDouble() < options.LeavingShare ? random.Next(options.Tokens) : int.MaxValue;
        JsonObject body = new() { ["prompt"] = PromptOf(random), ["max_tokens"] = options.Tokens, ["seed"] = random.Next(), ["stream"] = true };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        long last = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            _result.AddBusy();
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), stop);
            return;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            _result.AddFault($"status {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(stop)}");
            return;
        }

        List<double> times = [];
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(stop));
        bool complete = false;
        while (!complete && times.Count <= leavesAfter && await lines.ReadLineAsync(leave.Token) is { } line)
        {
            if (line.StartsWith("data: {\"error\"", StringComparison.Ordinal))
            {
                _result.AddFault(line);
                return;
            }

            complete = line == "data: [DONE]";
            if (line.StartsWith("data: {", StringComparison.Ordinal))
            {
                times.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                last = Stopwatch.GetTimestamp();
            }
        }

        bool left = !complete && times.Count > leavesAfter;
        if (!complete && !left)
        {
            _result.AddFault("a stream ended without [DONE]");
            return;
        }

        _result.Add(times, left);
    }

    private string PromptOf(Random random)
    {
        StringBuilder text = new(options.PromptLength);
        while (text.Length < options.PromptLength)
        {
            text.Append(random.Next(6) == 0 ? ' ' : (char)('a' + random.Next(26)));
        }

        return text.ToString();
    }

    /// <summary>Tokens that the server has written, by its metrics.</summary>
    private async Task<long> WrittenAsync(CancellationToken stop)
    {
        string metrics = await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative), stop);
        return metrics.Split('\n').Where(line => line.StartsWith(Written, StringComparison.Ordinal)).Sum(line => (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>The memory of the server after a tenth of the time (of ten seconds where there is no limit).</summary>
    private async Task<double> EarlyMemoryAsync(Task all)
    {
        await Task.WhenAny(all, Task.Delay((options.Time ?? TimeSpan.FromSeconds(100)) / 10, CancellationToken.None));
        return Memory();
    }

    /// <summary>Resident memory of the server in MiB; 0 where it is not known.</summary>
    private double Memory()
    {
        string file = $"/proc/{options.Process}/status";
        string? line = options.Process > 0 && File.Exists(file) ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith("VmRSS:", StringComparison.Ordinal)) : null;
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
