using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace TransformerXL.Server.Tests;

/// <summary>Many clients at once, clients that leave, and the end of the server.</summary>
public sealed class LoadTests
{
    private const string Path = "/v1/completions";

    [Fact]
    public async Task More_than_the_queue_holds_is_told_to_come_again()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Streams = 1, Queue = 1 } });
        using CancellationTokenSource leave = new();
        using HttpResponseMessage first = await BeginAsync(server, 60_000, leave.Token);
        Task<Answer> second = server.PostAsync(Path, """{"prompt":"b","max_tokens":1}""");
        await UntilAsync(server, "txl_requests_queued{model=\"characters\"}", 1);
        Answer third = await server.PostAsync(Path, """{"prompt":"c","max_tokens":1}""");
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_error"), (third.Status, (string)third.Error()["type"]!));
        Assert.True(int.Parse(third.Header("retry-after")!, CultureInfo.InvariantCulture) >= 1);

        // The first client leaves, and its place is free.
        await leave.CancelAsync();
        first.Dispose();
        Assert.Equal(HttpStatusCode.OK, (await second).Status);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_place()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Streams = 2 } });
        for (int i = 0; i < 6; i++)
        {
            using CancellationTokenSource leave = new();
            using HttpResponseMessage response = await BeginAsync(server, 60_000, leave.Token);
            await leave.CancelAsync();
        }

        await UntilAsync(server, "txl_streams_writing{model=\"characters\"}", 0);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Path, """{"prompt":"b","max_tokens":1}""")).Status);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_of_its_answer_frees_its_place()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Streams = 1, ReadTime = TimeSpan.FromSeconds(1) } });
        using Socket stalled = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await stalled.ConnectAsync(server.Address.Host, server.Address.Port);
        const string Body = """{"prompt":"a","max_tokens":60000,"stream":true,"logprobs":5}""";
        await stalled.SendAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
        using CancellationTokenSource patience = new(TestServer.Patience);
        while (Sum(await server.GetAsync("/metrics"), "txl_generated_tokens_total") == 0)
        {
            await Task.Delay(10, patience.Token);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Path, """{"prompt":"b","max_tokens":1}""")).Status);
        Assert.True(Sum(await server.GetAsync("/metrics"), "txl_generated_tokens_total") < 60_000, "the answer fits into the buffers, so that the client did not stall");
    }

    [Fact]
    public async Task What_runs_is_completed_when_the_server_stops()
    {
        TestServer server = await TestServer.StartAsync(options => options with { DrainTime = TestServer.Patience });
        using HttpResponseMessage response = await BeginAsync(server, 300, CancellationToken.None);
        Task stop = server.Server.StopAsync();
        string text = await response.Content.ReadAsStringAsync();
        await stop;
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"length\"", text, StringComparison.Ordinal);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task What_does_not_end_in_time_ends_with_an_error()
    {
        TestServer server = await TestServer.StartAsync(options => options with { DrainTime = TimeSpan.FromMilliseconds(1) });
        using HttpResponseMessage response = await BeginAsync(server, 60_000, CancellationToken.None);
        Task stop = server.Server.StopAsync();
        string text = await response.Content.ReadAsStringAsync();
        await stop;
        string last = text.TrimEnd('\n').Split("\n\n")[^1];
        Assert.StartsWith("data: {\"error\":", last, StringComparison.Ordinal);
        Assert.Contains("unavailable_error", last, StringComparison.Ordinal);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task In_a_session_a_text_that_does_not_end_in_time_is_answered_because_the_session_has_read_it()
    {
        TestServer server = await TestServer.StartAsync(options => options with { DrainTime = TimeSpan.FromMilliseconds(1) });
        string id = (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;
        Task<JsonNode> answer = server.JsonAsync($"/v1/sessions/{id}/generate", """{"prompt":"a","max_tokens":60000}""");
        using CancellationTokenSource patience = new(TestServer.Patience);
        while (Sum(await server.GetAsync("/metrics"), "txl_generated_tokens_total") == 0)
        {
            await Task.Delay(10, patience.Token);
        }

        await server.Server.StopAsync();
        JsonNode choice = (await answer)["choices"]![0]!;
        Assert.Equal("length", (string)choice["finish_reason"]!);
        Assert.NotEqual("", (string)choice["text"]!);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Texts_do_not_depend_on_who_else_is_served()
    {
        await using TestServer server = await TestServer.StartAsync();
        string Body(int i) => $$"""{"prompt":"{{new string((char)('a' + (i % 26)), 1 + (i * 7 % 90))}}","max_tokens":{{10 + (i * 13 % 50)}},"seed":{{i}}}""";
        string[] together = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i => (string)(await server.JsonAsync(Path, Body(i)))["choices"]![0]!["text"]!));
        for (int i = 0; i < together.Length; i += 5)
        {
            Assert.Equal((string)(await server.JsonAsync(Path, Body(i)))["choices"]![0]!["text"]!, together[i]);
        }
    }

    /// <summary>More clients than places, of which half leave early. TXL_LOAD_REQUESTS asks for more requests.</summary>
    [Fact]
    public async Task A_hundred_streams_and_clients_that_leave_cause_no_error_but_429_and_leave_nothing_behind()
    {
        const int Clients = 100, Standard = 300;
        int count = int.TryParse(Environment.GetEnvironmentVariable("TXL_LOAD_REQUESTS"), CultureInfo.InvariantCulture, out int asked) ? asked : Standard, next = 0;
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Streams = 16, Queue = 64 } });
        List<(int Status, bool Left)>[] seen = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            List<(int, bool)> own = [];
            for (int i; (i = Interlocked.Increment(ref next)) <= count;)
            {
                own.Add(await StreamAsync(server, 40, leavesAfter: i % 2 == 0 ? i % 37 : int.MaxValue));
            }

            return own;
        })));
        (int Status, bool Left)[] all = [.. seen.SelectMany(own => own)];
        Assert.Equal(count, all.Length);
        Assert.All(all, one => Assert.True(one.Status is 200 or 429, $"status {one.Status}"));
        Assert.Contains(all, one => one is (200, false));
        Assert.Contains(all, one => one is (200, true));
        await UntilAsync(server, "txl_streams_writing{model=\"characters\"}", 0);
        await UntilAsync(server, "txl_request_state_bytes{model=\"characters\"}", 0);
        await UntilAsync(server, "txl_requests_queued{model=\"characters\"}", 0);
    }

    /// <summary>Reads a stream to its end, or leaves after some events.</summary>
    private static async Task<(int Status, bool Left)> StreamAsync(TestServer server, int tokens, int leavesAfter)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Path)
        {
            Content = new StringContent($$"""{"prompt":"a","max_tokens":{{tokens}},"stream":true}""", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return ((int)response.StatusCode, false);
        }

        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        for (int read = 0; read <= leavesAfter; read++)
        {
            string line = await events.ReadLineAsync() ?? throw new InvalidDataException("the stream ended without [DONE]");
            Assert.DoesNotContain("\"error\"", line, StringComparison.Ordinal);
            if (line == "data: [DONE]")
            {
                return (200, false);
            }
        }

        return (200, true);
    }

    /// <summary>A stream that has begun.</summary>
    private static async Task<HttpResponseMessage> BeginAsync(TestServer server, int tokens, CancellationToken leave)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Path)
        {
            Content = new StringContent($$"""{"prompt":"a","max_tokens":{{tokens}},"stream":true}""", Encoding.UTF8, "application/json"),
        };
        HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    private static double Sum(Answer metrics, string figure) => metrics.Text.Split('\n').Where(line => line.StartsWith(figure, StringComparison.Ordinal)).Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));

    /// <summary>Waits until a figure of the metrics has a value.</summary>
    private static async Task UntilAsync(TestServer server, string figure, int value)
    {
        using CancellationTokenSource patience = new(TestServer.Patience);
        string line = string.Create(CultureInfo.InvariantCulture, $"{figure} {value}\n");
        while (!(await server.GetAsync("/metrics")).Text.Contains(line, StringComparison.Ordinal))
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
