using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TransformerXL.Testing;

namespace TransformerXL.Server.Tests;

/// <summary>Two servers with one store behind nginx, of which one is killed in the middle of a conversation. docs/serving.md has the same configuration.</summary>
public sealed class ReplicaTests(RedisServer redis) : IClassFixture<RedisServer>, IDisposable
{
    private const int Turns = 6, KilledAt = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_killed_replica_loses_nothing_that_was_acknowledged(bool inRedis)
    {
        ProgramRunner.Require("nginx", "-v", "nginx is not installed");
        string store = inRedis ? $"redis://127.0.0.1:{await redis.PortAsync()}" : _folder["store"];
        SmallModels.Write(_folder.Path, SmallModels.Characters);
        (Process Process, Uri Address)[] replicas = [await StartAsync(store), await StartAsync(store)];
        using HttpClient client = new() { BaseAddress = await StartNginxAsync(replicas.Select(replica => replica.Address)), Timeout = TestServer.Patience };
        await using TestServer alone = await TestServer.StartAsync();
        string id = (string)(await PostAsync(client, "/v1/sessions", "{}"))["id"]!, single = (string)(await alone.JsonAsync("/v1/sessions", "{}"))["id"]!;
        for (int turn = 0; turn < Turns; turn++)
        {
            string path = $"/v1/sessions/{id}/generate", body = $$"""{"prompt":"turn {{turn}}: ","max_tokens":12,"seed":{{turn}}}""";
            if (turn == KilledAt)
            {
                await KillInMidAnswerAsync(client, path, replicas);
            }

            string expected = Text(await alone.JsonAsync($"/v1/sessions/{single}/generate", body));
            Assert.Equal(expected, Text(await PostAsync(client, path, body)));
        }

        Assert.Single(replicas, replica => replica.Process.HasExited);
    }

    /// <summary>Begins a long answer and kills the replica that writes it.</summary>
    private static async Task KillInMidAnswerAsync(HttpClient client, string path, (Process Process, Uri Address)[] replicas)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = Json("""{"prompt":"lost","max_tokens":60000,"stream":true}""") };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string upstream = response.Headers.GetValues("x-upstream").Single();
        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: {", await events.ReadLineAsync(), StringComparison.Ordinal);
        Process killed = replicas.Single(replica => replica.Address.Authority == upstream).Process;
        killed.Kill();
        await killed.WaitForExitAsync();
        string rest = await RestAsync(events);
        Assert.DoesNotContain("[DONE]", rest, StringComparison.Ordinal);
    }

    private static async Task<string> RestAsync(StreamReader events)
    {
        try
        {
            return await events.ReadToEndAsync();
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            return "";
        }
    }

    private async Task<(Process, Uri)> StartAsync(string store)
    {
        string[] line = [Path.Combine(AppContext.BaseDirectory, "txl.dll"), "serve", _folder[SmallModels.Characters], "--port", "0", "--threads", "1", "--session-store", store, "--session-shared", "--log", "none"];
        Process process = Process.Start(new ProcessStartInfo("dotnet", line) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _processes.Add(process);
        string? address = await process.StandardOutput.ReadLineAsync().WaitAsync(TestServer.Patience);
        Assert.True(address is not null, address is null ? await process.StandardError.ReadToEndAsync() : "");
        process.BeginErrorReadLine();
        return (process, new Uri(address!));
    }

    private async Task<Uri> StartNginxAsync(IEnumerable<Uri> upstreams)
    {
        int port = RedisServer.FreePort();
        string configuration = _folder["nginx.conf"];
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            master_process off;
            pid {{_folder["nginx.pid"]}};
            error_log {{_folder["nginx.log"]}};
            events {}
            http {
              access_log off;
              client_body_temp_path {{_folder["body"]}};
              proxy_temp_path {{_folder["proxy"]}};
              fastcgi_temp_path {{_folder["fastcgi"]}};
              uwsgi_temp_path {{_folder["uwsgi"]}};
              scgi_temp_path {{_folder["scgi"]}};
              upstream txl {
                {{string.Join(' ', upstreams.Select(address => $"server {address.Authority};"))}}
              }
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://txl;
                  proxy_set_header Host $http_host;
                  proxy_http_version 1.1;
                  proxy_buffering off;
                  proxy_read_timeout 1h;
                  proxy_next_upstream error timeout http_503;
                  add_header x-upstream $upstream_addr;
                }
              }
            }
            """);
        Process process = Process.Start(new ProcessStartInfo("nginx", ["-p", _folder.Path, "-c", configuration, "-e", _folder["nginx.log"]]) { RedirectStandardError = true })!;
        _processes.Add(process);
        Uri address = new($"http://127.0.0.1:{port}");
        using HttpClient client = new() { BaseAddress = address };
        using CancellationTokenSource patience = new(TestServer.Patience);
        while (true)
        {
            Assert.False(process.HasExited, process.HasExited ? await process.StandardError.ReadToEndAsync() : "");
            try
            {
                _ = await client.GetStringAsync(new Uri("/health", UriKind.Relative), patience.Token);
                return address;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<JsonNode> PostAsync(HttpClient client, string path, string body)
    {
        using StringContent content = Json(body);
        using HttpResponseMessage response = await client.PostAsync(path, content);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, $"{(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    private static string Text(JsonNode answer) => (string)answer["choices"]![0]!["text"]!;
}
