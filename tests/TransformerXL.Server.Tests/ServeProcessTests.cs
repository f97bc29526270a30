using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TransformerXL.Testing;

namespace TransformerXL.Server.Tests;

/// <summary>The command <c>txl serve</c> as a process of its own: start, signals, kill. The variable TXL_NATIVE names a native program to use in its place.</summary>
public sealed class ServeProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_prints_its_address_and_a_signal_lets_requests_end()
    {
        SmallModels.Write(_folder.Path, SmallModels.Characters);
        using Process process = await StartAsync("--max-tokens", "100000");
        string address = (await process.StandardOutput.ReadLineAsync())!;
        using HttpClient client = new() { BaseAddress = new Uri(address), Timeout = TestServer.Patience };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions") { Content = new StringContent("""{"model":"small","prompt":"a","max_tokens":400,"stream":true}""", Encoding.UTF8) };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await SignalAsync(process, "TERM");
        Assert.EndsWith("data: [DONE]\n\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await WaitAsync(process);
        Assert.Equal(0, process.ExitCode);
        string log = await process.StandardError.ReadToEndAsync();
        Assert.Contains("POST /v1/completions 200", log, StringComparison.Ordinal);
        Assert.DoesNotContain("\"prompt\"", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_loses_no_session_that_was_answered(bool adapts)
    {
        SmallModels.Write(_folder.Path, SmallModels.Characters);
        string text = string.Concat(Enumerable.Repeat("The river keeps ", 30)), opened = adapts ? """{"adapt":true}""" : "{}";
        string[] options = ["--session-store", _folder["store"], .. adapts ? (string[])["--adapt", "adam"] : []];
        string turn = $$"""{"prompt":"{{text}}","max_tokens":20,"seed":1}""", next = $$"""{"prompt":"{{text}}","max_tokens":20,"seed":2}""";
        string id, expected;
        using (Process process = await StartAsync(options))
        {
            using HttpClient client = Client((await process.StandardOutput.ReadLineAsync())!);
            string alone = (string)(await PostAsync(client, "/v1/sessions", opened))["id"]!;
            await PostAsync(client, $"/v1/sessions/{alone}/generate", turn);
            expected = Text(await PostAsync(client, $"/v1/sessions/{alone}/generate", next));
            id = (string)(await PostAsync(client, "/v1/sessions", opened))["id"]!;
            await PostAsync(client, $"/v1/sessions/{id}/generate", turn);
            process.Kill();
            await WaitAsync(process);
        }

        using Process second = await StartAsync(options);
        using HttpClient later = Client((await second.StandardOutput.ReadLineAsync())!);
        Assert.Equal(adapts, (await later.GetStringAsync($"/v1/sessions/{id}")).Contains("\"learning_steps\"", StringComparison.Ordinal));
        Assert.Equal(expected, Text(await PostAsync(later, $"/v1/sessions/{id}/generate", next)));
        second.Kill();
        await WaitAsync(second);
    }

    [Fact]
    public async Task What_cannot_be_served_ends_with_a_message()
    {
        SmallModels.Write(_folder.Path, SmallModels.Characters);
        SmallModels.Write(_folder.Path, SmallModels.Encoder);
        string run = _folder[SmallModels.Characters];
        (string[] Arguments, int Code, string Message)[] cases =
        [
            ([_folder["missing"]], 1, "missing"),
            ([run, run], 1, "two models are called 'characters'"),
            ([run, "--api-key", "short"], 1, "a key has 5 characters, but must have from 8"),
            ([run, "--chat-template", _folder["missing.json"]], 1, "missing.json' cannot be read"),
            ([run, "--session-shared"], 2, "--session-store"),
            ([run, "--session-memory", "much"], 2, "--session-memory is 'much'"),
            ([run, "--host", "no.such.host.invalid", "--api-key", "key-of-a-test"], 1, "no.such.host.invalid"),
            ([_folder[SmallModels.Encoder], "--adapt", "sgd"], 1, "none of the models reads from left to right"),
            ([run, "--adapt"], 1, "the training text is needed for the statistics of gradients that rms divides by"),
            ([run, "--lr", "0.1"], 2, "--lr is for --adapt"),
            ([run, "--adapt", "sgd", "--session-memory", "10KiB"], 1, "a session of characters that learns needs"),
            ([run, "--adapt", "sgd", "--session-memory", "150KiB"], 1, "session memory is 153600 bytes, but one session that learns needs"),
            ([run, "--host", ""], 1, "the host is empty"),
            ([run, "--host", "192.0.2.1", "--api-key", "key-of-a-test"], 1, "the server cannot listen on 192.0.2.1, port 0"),
            ([], 2, "RUN"),
        ];
        foreach ((string[] arguments, int code, string message) in cases)
        {
            using Process process = Start([.. arguments, .. arguments.Length == 0 ? Array.Empty<string>() : ["--port", "0"]]);
            string error = await process.StandardError.ReadToEndAsync();
            await WaitAsync(process);
            Assert.True(process.ExitCode == code && error.Contains(message, StringComparison.Ordinal), $"{string.Join(' ', arguments)}: {process.ExitCode} {error}");
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        SmallModels.Write(_folder.Path, SmallModels.Characters);
        using System.Net.Sockets.TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using Process process = Start([_folder[SmallModels.Characters], "--port", $"{port}"]);
        string error = await process.StandardError.ReadToEndAsync();
        await WaitAsync(process);
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith($"txl: the server cannot listen on 127.0.0.1, port {port}: ", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains("port 0 is a free one", error, StringComparison.Ordinal);
    }

    private async Task<Process> StartAsync(params string[] more)
    {
        Process process = Start([$"small={_folder[SmallModels.Characters]}", "--port", "0", "--threads", "1", .. more]);
        await Task.Yield();
        return process;
    }

    private static Process Start(string[] arguments)
    {
        string? native = Environment.GetEnvironmentVariable("TXL_NATIVE");
        string[] line = [.. native is null ? [Path.Combine(AppContext.BaseDirectory, "txl.dll")] : Array.Empty<string>(), "serve", .. arguments];
        return Process.Start(new ProcessStartInfo(native ?? "dotnet", line) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static HttpClient Client(string address) => new() { BaseAddress = new Uri(address), Timeout = TestServer.Patience };

    private static async Task<JsonNode> PostAsync(HttpClient client, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(path, content);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, text);
        return JsonNode.Parse(text)!;
    }

    private static string Text(JsonNode answer) => (string)answer["choices"]![0]!["text"]!;

    private static Task<string> SignalAsync(Process process, string signal) => ProgramRunner.OutputAsync("kill", $"-{signal}", $"{process.Id}");

    private static async Task WaitAsync(Process process)
    {
        using CancellationTokenSource patience = new(TestServer.Patience);
        await process.WaitForExitAsync(patience.Token);
    }
}
