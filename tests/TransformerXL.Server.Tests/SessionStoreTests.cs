using System.Net;
using System.Text.Json.Nodes;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Server.Tests;

/// <summary>Sessions that a store keeps: over restarts, between servers, and where the store fails.</summary>
public sealed class SessionStoreTests : IDisposable
{
    private readonly TemporaryFolder _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Every_stop_of_a_server_waits_until_its_sessions_are_saved()
    {
        await using TestServer server = await TestServer.StartAsync(WithStore(false));
        List<string> ids = [];
        for (int i = 0; i < 10; i++)
        {
            ids.Add(await server.OpenSessionAsync());
        }

        Task shutdown = server.Server.WaitForShutdownAsync(), first = server.Server.StopAsync();
        await Task.WhenAny(shutdown, first);
        await shutdown;
        Assert.True(first.IsCompletedSuccessfully || await Task.WhenAny(first, Task.Delay(TestServer.Patience)) == first);
        FolderSessionStore store = new(_store[SmallModels.Characters]);
        foreach (string id in ids)
        {
            Assert.NotNull(await store.FindAsync(id, default));
        }
    }

    [Fact]
    public async Task A_stored_session_that_learns_needs_a_server_that_lets_it()
    {
        string id;
        await using (TestServer first = await TestServer.StartAsync(options => SavingAlways(options) with
        {
            Models = [.. options.Models.Select(source => source with { Learning = (folder, backend) => new DynamicSessionLearning(folder.Model, backend, new ContextConfiguration { TargetLength = 16, MemoryLength = 32 }, DynamicOptions.For(DynamicRule.Sgd)) })],
        }))
        {
            id = (string)(await first.JsonAsync("/v1/sessions", """{"adapt":true}"""))["id"]!;
            await first.JsonAsync($"/v1/sessions/{id}/read", $$"""{"prompt":"{{new string('a', 50)}}"}""");
        }

        await using TestServer second = await TestServer.StartAsync(SavingAlways);
        Assert.Equal(3, (int)(await second.GetAsync($"/v1/sessions/{id}")).Json["learning_steps"]!);
        foreach ((string path, string body) in ((string, string)[])[("read", """{"prompt":"a"}"""), ("generate", """{"max_tokens":2}"""), ("next", "{}"), ("fork", "{}")])
        {
            Answer answer = await second.PostAsync($"/v1/sessions/{id}/{path}", body);
            Assert.Equal((HttpStatusCode.Conflict, "learning_unavailable"), (answer.Status, (string)answer.Error()["code"]!));
        }

        Assert.Equal(HttpStatusCode.OK, (await second.SendAsync(HttpMethod.Delete, $"/v1/sessions/{id}")).Status);
    }

    [Fact]
    public async Task Sessions_of_other_weights_can_only_be_deleted()
    {
        string id;
        await using (TestServer first = await TestServer.StartAsync(SavingAlways))
        {
            id = (string)(await first.JsonAsync("/v1/sessions", "{}"))["id"]!;
            await first.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"the river"}""");
        }

        await using TestServer second = await TestServer.StartAsync(options =>
        {
            string path = options.Models[0].Folder;
            ModelFolder trained = ModelFolder.Load(path);
            Directory.Delete(path, recursive: true);
            ModelFolder.Save(path, LanguageModel.Create(trained.Model.Configuration, seed: 6), trained.Vocabulary, trained.Configuration);
            return SavingAlways(options);
        });
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync($"/v1/sessions/{id}")).Status);
        foreach ((string path, string body) in ((string, string)[])[("read", """{"prompt":"a"}"""), ("generate", """{"max_tokens":2}"""), ("next", "{}"), ("fork", "{}")])
        {
            Answer answer = await second.PostAsync($"/v1/sessions/{id}/{path}", body);
            Assert.Equal((HttpStatusCode.Conflict, "session_unusable"), (answer.Status, (string)answer.Error()["code"]!));
        }

        Assert.Equal(HttpStatusCode.OK, (await second.SendAsync(HttpMethod.Delete, $"/v1/sessions/{id}")).Status);
    }

    [Fact]
    public async Task A_session_is_there_after_a_restart_and_goes_back_to_what_was_saved()
    {
        string id, text;
        await using (TestServer server = await TestServer.StartAsync(WithStore(false)))
        {
            id = await server.OpenSessionAsync();
            await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river"}""");
            Assert.True((bool)(await server.JsonAsync($"/v1/sessions/{id}/save", ""))["saved"]!);
            text = Text(await server.JsonAsync($"/v1/sessions/{id}/generate", """{"max_tokens":20,"seed":3}"""));
            JsonNode restored = await server.JsonAsync($"/v1/sessions/{id}/restore", "");
            Assert.Equal(10, (int)restored["tokens"]!);
            Assert.Equal(text, Text(await server.JsonAsync($"/v1/sessions/{id}/generate", """{"max_tokens":20,"seed":3}""")));
            await server.JsonAsync($"/v1/sessions/{id}/restore", "");
        }

        await using TestServer later = await TestServer.StartAsync(WithStore(false));
        Assert.Equal(10, (int)(await later.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!);
        Assert.Equal(text, Text(await later.JsonAsync($"/v1/sessions/{id}/generate", """{"max_tokens":20,"seed":3}""")));
    }

    [Fact]
    public async Task A_store_that_cannot_be_listed_answers_as_one_that_cannot_be_written()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { OpenStore = _ => new FolderSessionStore(_store["gone"], new FolderSessionStoreOptions()) });
        Directory.Delete(_store["gone"]);
        Answer answer = await server.GetAsync("/v1/sessions");
        Assert.Equal(503, (int)answer.Status);
        Assert.Equal("the store of sessions does not answer, or cannot be read or written; nothing was saved", (string)answer.Json["error"]!["message"]!);
    }

    [Fact]
    public async Task Without_a_store_nothing_can_be_saved()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.OpenSessionAsync();
        await server.RefusedAsync(400, $"/v1/sessions/{id}/save", "", "session_id");
        await server.RefusedAsync(400, $"/v1/sessions/{id}/restore", "", "session_id");
    }

    [Theory]
    [InlineData(false, "full", "store_full", "the store of sessions is full; nothing was saved")]
    [InlineData(true, "full", "store_full", "the store of sessions is full; nothing was saved")]
    [InlineData(false, "lost", null, "the store of sessions does not answer, or cannot be read or written; nothing was saved")]
    [InlineData(true, "lost", null, "the store of sessions does not answer, or cannot be read or written; nothing was saved")]
    public async Task A_stream_whose_session_cannot_be_saved_ends_with_an_error_and_the_session_stays_as_it_was(bool isShared, string fault, string? code, string message)
    {
        FailingStore store = new(new FolderSessionStore(_store["failing"], new FolderSessionStoreOptions()));
        await using TestServer server = await TestServer.StartAsync(options => options with { OpenStore = _ => store, SharesSessions = isShared });
        string id = await server.OpenSessionAsync();
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river"}""");
        store.Fault = fault == "full" ? new StoreFullException("full") : new StoreUnavailableException("lost");
        Answer answer = await server.PostAsync($"/v1/sessions/{id}/generate", """{"max_tokens":20,"seed":3,"stream":true}""");
        string[] events = [.. answer.Text[..^2].Split("\n\n").Where(line => !line.StartsWith(':'))];
        JsonNode error = JsonNode.Parse(events[^1]["data: ".Length..])!["error"]!;
        Assert.Equal((code, message), ((string?)error["code"], (string)error["message"]!));
        Assert.All(events[..^1], line => Assert.Null(JsonNode.Parse(line["data: ".Length..])!["choices"]![0]!["finish_reason"]));
        Assert.NotEmpty(events[..^1]);
        Assert.Equal(10, (int)(await server.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!);
        store.Fault = null;
        Assert.Equal(20, (int)(await server.JsonAsync($"/v1/sessions/{id}/generate", """{"max_tokens":20,"seed":3}"""))["usage"]!["completion_tokens"]!);
        Assert.Equal(30, (int)(await server.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!);
    }

    /// <summary>Two servers with one store, as replicas behind a proxy: each continues what the other has read.</summary>
    [Fact]
    public async Task Any_replica_continues_any_session()
    {
        await using TestServer one = await TestServer.StartAsync(WithStore(true)), two = await TestServer.StartAsync(WithStore(true)), alone = await TestServer.StartAsync();
        string id = await one.OpenSessionAsync(), single = await alone.OpenSessionAsync();
        TestServer[] replicas = [one, two];
        for (int turn = 0; turn < 6; turn++)
        {
            string body = $$"""{"prompt":"turn {{turn}}: ","max_tokens":12,"seed":{{turn}}}""";
            string expected = Text(await alone.JsonAsync($"/v1/sessions/{single}/generate", body));
            Assert.Equal(expected, Text(await replicas[turn % 2].JsonAsync($"/v1/sessions/{id}/generate", body)));
        }

        Assert.Equal((await one.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!.ToJsonString(), (await two.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!.ToJsonString());
    }

    [Fact]
    public async Task A_session_goes_on_where_its_saved_state_is_gone_and_cannot_be_restored()
    {
        await using TestServer server = await TestServer.StartAsync(WithStore(false));
        string id = await server.OpenSessionAsync();
        await server.JsonAsync($"/v1/sessions/{id}/save", "");
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"more"}""");
        await new FolderSessionStore(_store[SmallModels.Characters]).DeleteAsync(id, default);
        JsonNode error = await server.RefusedAsync(409, $"/v1/sessions/{id}/restore", "", "session_id");
        Assert.Equal("saved_state_expired", (string)error["code"]!);
        Assert.Equal(5, (int)(await server.JsonAsync($"/v1/sessions/{id}/save", ""))["tokens"]!);
    }

    [Fact]
    public async Task An_operation_on_a_session_ends_when_the_time_of_a_request_is_over()
    {
        FailingStore store = new(new FolderSessionStore(_store.Path));
        await using TestServer server = await TestServer.StartAsync(options => options with { OpenStore = _ => store, SavesAlways = false, Limits = new ServerLimits { RequestTime = TimeSpan.FromSeconds(5) } });
        string id = await server.OpenSessionAsync();
        await server.JsonAsync($"/v1/sessions/{id}/save", "");
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"more"}""");
        store.IsStalled = true;
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await server.PostAsync($"/v1/sessions/{id}/restore", "")).Status);
        store.IsStalled = false;
        Assert.Equal(0, (int)(await server.JsonAsync($"/v1/sessions/{id}/restore", ""))["tokens"]!);
    }

    private Func<ServerOptions, ServerOptions> WithStore(bool isShared) => options => options with
    {
        OpenStore = name => new FolderSessionStore(_store[name], new FolderSessionStoreOptions()),
        SharesSessions = isShared,
        SavesAlways = isShared,
    };

    /// <summary>A store that does not write while it has a fault.</summary>
    private ServerOptions SavingAlways(ServerOptions options) => options with { OpenStore = _ => new FolderSessionStore(_store.Path), SavesAlways = true };

    private sealed class FailingStore(ISessionStore store) : ISessionStore
    {
        public Exception? Fault { get; set; }

        /// <summary>Whether it answers only when it is cancelled.</summary>
        public bool IsStalled { get; set; }

        public async ValueTask<SessionRecord?> FindAsync(string id, CancellationToken cancellationToken)
        {
            await Task.Delay(IsStalled ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, cancellationToken);
            return await store.FindAsync(id, cancellationToken);
        }

        public ValueTask<StoredSession?> ReadAsync(string id, CancellationToken cancellationToken) => store.ReadAsync(id, cancellationToken);

        public ValueTask WriteAsync(SessionRecord record, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) =>
            Fault is null ? store.WriteAsync(record, state, cancellationToken) : ValueTask.FromException(Fault);

        public ValueTask DeleteAsync(string id, CancellationToken cancellationToken) => store.DeleteAsync(id, cancellationToken);

        public IAsyncEnumerable<SessionRecord> ListAsync(string owner, CancellationToken cancellationToken) => store.ListAsync(owner, cancellationToken);
    }

    private static string Text(JsonNode answer) => (string)answer["choices"]![0]!["text"]!;
}
