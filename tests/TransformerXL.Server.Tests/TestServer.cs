using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using TransformerXL.Testing;

namespace TransformerXL.Server.Tests;

/// <summary>The real server on a free port of this machine, with models of a moment.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    /// <summary>Nothing here takes long; a request that does hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    private TestServer()
    {
    }

    public ModelServer Server { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    /// <summary>The folder of a model that is served.</summary>
    public string FolderOf(string model) => _folder[model];

    public Uri Address => new(Server.Addresses[0]);

    public static async Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null, params string[] models)
    {
        TestServer server = new();
        ServerOptions options = new()
        {
            Models = [.. (models.Length == 0 ? [SmallModels.Characters] : models).Select(name => SmallModels.Write(server._folder.Path, name))],
            Port = 0,
            Threads = 1,
            DrainTime = TimeSpan.FromSeconds(10),
        };
        server.Server = await ModelServer.StartAsync(change is null ? options : change(options));
        server.Client = new HttpClient { BaseAddress = server.Address, Timeout = Patience };
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Opens a session of the first model.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> OpenSessionAsync() => (string)(await JsonAsync("/v1/sessions", "{}"))["id"]!;

    /// <summary>Sends a request and gives its answer.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType);
    }

    public Task<Answer> PostAsync(string path, string body, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Post, path, body, headers);

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>The JSON of a request that succeeds.</summary>
    public async Task<JsonNode> JsonAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        Answer answer = await PostAsync(path, body, headers);
        Assert.True((int)answer.Status is 200 or 201, $"{path} {body}: {(int)answer.Status} {answer.Text}");
        return answer.Json;
    }

    /// <summary>The events of a stream that ends as it must; without the last, <c>[DONE]</c>.</summary>
    public async Task<List<JsonNode>> EventsAsync(string path, string body)
    {
        Answer answer = await PostAsync(path, body);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        Assert.Equal("text/event-stream", answer.Type?.MediaType);
        Assert.EndsWith("\n\n", answer.Text, StringComparison.Ordinal);
        string[] events = [.. answer.Text[..^2].Split("\n\n").Where(line => !line.StartsWith(':'))];
        Assert.All(events, line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        return [.. events[..^1].Select(line => JsonNode.Parse(line["data: ".Length..])!)];
    }

    /// <summary>Checks that a request is refused in the shape of errors.</summary>
    public async Task<JsonNode> RefusedAsync(int status, string path, string body, string? param = null)
    {
        Answer answer = await PostAsync(path, body);
        Assert.True(status == (int)answer.Status, $"{path} {body}: {(int)answer.Status} {answer.Text}");
        JsonNode error = answer.Error();
        Assert.Equal(param, error["param"]?.GetValue<string>());
        return error;
    }
}

/// <summary>An answer that was read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text, HttpResponseHeaders Headers, MediaTypeHeaderValue? Type)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? Header(string name) => Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;

    /// <summary>The error, with all its four members.</summary>
    public JsonNode Error()
    {
        Assert.NotNull(Header("x-request-id"));
        JsonObject body = Json.AsObject();
        Assert.Equal(["error"], body.Select(member => member.Key));
        Assert.Equal(["message", "type", "param", "code"], body["error"]!.AsObject().Select(member => member.Key));
        Assert.NotEmpty(body["error"]!["message"]!.GetValue<string>());
        return body["error"]!;
    }
}
