using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Server.Tests;

/// <summary><c>/v1/sessions</c>, and sessions of OpenAI's routes.</summary>
public sealed class SessionTests : IDisposable
{
    private const string Ann = "key-of-ann", Bob = "key-of-bob";

    private readonly TemporaryFolder _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task What_a_session_reads_and_what_others_read_is_read_once_and_the_usage_says_so()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Bytes);
        string text = string.Concat(Enumerable.Range(0, 60).Select(i => $"line {i * i} of a text. "));
        Assert.Equal(0, await ReadAsync());
        Assert.Equal(text.Length, await ReadAsync());
        JsonNode completed = await server.JsonAsync("/v1/completions", $$"""{"prompt":"{{text}}","max_tokens":1}""");
        Assert.Equal(text.Length, (int)completed["usage"]!["prompt_tokens_details"]!["cached_tokens"]!);

        async Task<int> ReadAsync()
        {
            string id = (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;
            JsonNode read = await server.JsonAsync($"/v1/sessions/{id}/read", $$"""{"prompt":"{{text}}"}""");
            Assert.Equal(text.Length, (int)read["usage"]!["prompt_tokens"]!);
            return (int)read["usage"]!["prompt_tokens_details"]!["cached_tokens"]!;
        }
    }

    [Fact]
    public async Task Every_stop_of_a_server_waits_until_its_sessions_are_saved()
    {
        await using TestServer server = await TestServer.StartAsync(WithStore(false));
        List<string> ids = [];
        for (int i = 0; i < 10; i++)
        {
            ids.Add(await OpenAsync(server));
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
    public async Task A_fork_that_can_never_have_room_is_refused_without_a_time_to_retry()
    {
        long bytes;
        await using (TestServer probe = await TestServer.StartAsync(null, SmallModels.Bytes))
        {
            bytes = (long)(await probe.JsonAsync("/v1/sessions", "{}"))["memory_bytes"]!;
        }

        await using TestServer server = await TestServer.StartAsync(options => options with { SessionMemoryBytes = (2 * bytes) - 1 }, SmallModels.Bytes);
        string id = (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;
        JsonNode refused = await server.RefusedAsync(507, $"/v1/sessions/{id}/fork", "{}", "session_id");
        Assert.Null((await server.PostAsync($"/v1/sessions/{id}/fork", "{}")).Header("retry-after"));
        Assert.Contains($"a fork needs two sessions of {bytes} bytes in memory at once", refused.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_is_not_continued_by_another_model_than_the_request_names()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Characters, SmallModels.Bytes);
        string id = (string)(await server.JsonAsync("/v1/sessions", """{"model":"bytes"}"""))["id"]!;
        foreach (string named in (string[])["characters", "no-such-model"])
        {
            Answer answer = await server.PostAsync($"/v1/sessions/{id}/generate", $$"""{"model":"{{named}}","max_tokens":2}""");
            Assert.Equal((HttpStatusCode.BadRequest, "the session belongs to the model bytes, but the request names another"), (answer.Status, (string)answer.Error()["message"]!));
        }

        await server.JsonAsync($"/v1/sessions/{id}/generate", """{"model":"bytes","max_tokens":2}""");
        Assert.Equal(2, (int)(await server.GetAsync($"/v1/sessions/{id}")).Json["tokens"]! - 1);
    }

    [Fact]
    public async Task A_session_goes_on_as_the_whole_text_would()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await OpenAsync(server);
        JsonNode read = await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river keeps "}""");
        Assert.Equal((17, 16), ((int)read["session"]!["tokens"]!, (int)read["usage"]!["prompt_tokens"]!));
        JsonNode text = await server.JsonAsync($"/v1/sessions/{id}/generate", """{"prompt":"the stone","max_tokens":30,"temperature":0}""");
        JsonNode whole = await server.JsonAsync("/v1/completions", """{"prompt":"The river keeps the stone","max_tokens":30,"temperature":0}""");
        Assert.Equal((string)whole["choices"]![0]!["text"]!, (string)text["choices"]![0]!["text"]!);
        Assert.Equal((9, id), ((int)text["usage"]!["prompt_tokens"]!, (string)text["session_id"]!));
    }

    [Fact]
    public async Task A_session_learns_from_what_it_reads_where_that_is_asked_for()
    {
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = 32 };
        DynamicOptions values = new() { Rule = DynamicRule.Adam, LearningRate = 0.01, Decay = 0, Epsilon = 1e-8 };
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Models = [.. options.Models.Select(source => source with { Learning = (folder, backend) => new DynamicSessionLearning(folder.Model, backend, context, values) })],
        });
        string text = string.Concat(Enumerable.Repeat("the stone and ", 40)), id = await OpenAsync(server);
        string learning = (string)(await server.JsonAsync("/v1/sessions", """{"adapt":true}"""))["id"]!;
        double still = await ReadAsync(id), learned = await ReadAsync(learning);
        Assert.True(learned < 0.5 * still, $"{learned} nats, {still} without learning");
        Assert.Null((await server.GetAsync($"/v1/sessions/{id}")).Json["learning_steps"]);
        Assert.Equal(2 * 560 / 16, (int)(await server.GetAsync($"/v1/sessions/{learning}")).Json["learning_steps"]!);
        Assert.True((long)(await server.GetAsync($"/v1/sessions/{learning}")).Json["memory_bytes"]! > 2 * (long)(await server.GetAsync($"/v1/sessions/{id}")).Json["memory_bytes"]!);

        async Task<double> ReadAsync(string session)
        {
            await server.JsonAsync($"/v1/sessions/{session}/read", $$"""{"prompt":"{{text}}"}""");
            JsonNode answer = await server.JsonAsync("/v1/completions", $$"""{"session_id":"{{session}}","prompt":"{{text}}","echo":true,"logprobs":0,"max_tokens":0}""");
            return -answer["choices"]![0]!["logprobs"]!["token_logprobs"]!.AsArray().Average(value => value is null ? 0 : (double)value);
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
    public async Task Learning_is_refused_where_the_operator_has_not_allowed_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync("/v1/sessions", """{"adapt":true}""");
        Assert.Equal((HttpStatusCode.BadRequest, "adapt"), (answer.Status, (string)answer.Error()["param"]!));
        Assert.Contains("its operator can allow it", (string)answer.Error()["message"]!, StringComparison.Ordinal);
        await server.JsonAsync("/v1/sessions", """{"adapt":false}""");
    }

    [Fact]
    public async Task Steps_that_are_too_large_are_told_and_the_server_goes_on()
    {
        DynamicOptions values = new() { Rule = DynamicRule.Sgd, LearningRate = 1e6, Decay = 0 };
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            Models = [.. options.Models.Select(source => source with { Learning = (folder, backend) => new DynamicSessionLearning(folder.Model, backend, new ContextConfiguration { TargetLength = 16, MemoryLength = 32 }, values) })],
        });
        string id = (string)(await server.JsonAsync("/v1/sessions", """{"adapt":true}"""))["id"]!;
        Answer answer = await server.PostAsync($"/v1/sessions/{id}/read", $$"""{"prompt":"{{new string('a', 200)}}"}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "learning_diverged"), (answer.Status, (string)answer.Error()["code"]!));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync($"/v1/sessions/{id}")).Status);
        await OpenAsync(server);
    }

    [Fact]
    public async Task A_fork_goes_on_by_itself()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await OpenAsync(server);
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river"}""");
        JsonNode fork = await server.JsonAsync($"/v1/sessions/{id}/fork", """{"name":"other"}""");
        await server.JsonAsync($"/v1/sessions/{(string)fork["id"]!}/read", """{"prompt":"xxxx"}""");
        JsonNode own = (await server.GetAsync($"/v1/sessions/{id}")).Json, other = (await server.GetAsync($"/v1/sessions/{(string)fork["id"]!}")).Json;
        Assert.Equal((10, 14, "other"), ((int)own["tokens"]!, (int)other["tokens"]!, (string)other["name"]!));
        Answer renamed = await server.SendAsync(HttpMethod.Patch, $"/v1/sessions/{id}", """{"name":"river"}""");
        Assert.Equal("river", (string)renamed.Json["name"]!);
        Assert.Equal(2, (await server.GetAsync("/v1/sessions")).Json["data"]!.AsArray().Count);
        Assert.True((bool)(await server.SendAsync(HttpMethod.Delete, $"/v1/sessions/{id}")).Json["deleted"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync($"/v1/sessions/{id}")).Status);
        Assert.Single((await server.GetAsync("/v1/sessions")).Json["data"]!.AsArray());
    }

    [Fact]
    public async Task The_next_tokens_are_those_of_a_completion_and_change_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await OpenAsync(server);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync($"/v1/sessions/{id}/next", "{}")).Status);
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river"}""");
        JsonNode next = await server.JsonAsync($"/v1/sessions/{id}/next", """{"top":3}""");
        JsonNode text = await server.JsonAsync("/v1/completions", """{"prompt":"The river","max_tokens":1,"logprobs":3,"temperature":0}""");
        JsonObject top = text["choices"]![0]!["logprobs"]!["top_logprobs"]![0]!.AsObject();
        Assert.Equal(top.Select(entry => entry.Key), next["data"]!.AsArray().Select(token => (string)token!["token"]!));
        Assert.All(top.Zip(next["data"]!.AsArray()), pair => Assert.Equal((double)pair.First.Value!, (double)pair.Second!["logprob"]!, 1e-5));
        Assert.Equal(10, (int)(await server.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!);
    }

    [Fact]
    public async Task Attention_is_shown_by_layer_head_and_token_and_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await OpenAsync(server);
        string path = $"/v1/sessions/{id}/attention";
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river keeps the stone"}""");
        JsonNode answer = await server.JsonAsync(path, """{"prompt":". é"}""");
        Assert.Equal(("attention", id, 2, 2, 1 + 25 + 3), ((string)answer["object"]!, (string)answer["session_id"]!, (int)answer["layers"]!, (int)answer["heads"]!, (int)answer["positions"]!));
        Assert.EndsWith("The river keeps the stone. é", string.Concat(answer["context"]!.AsArray().Select(token => (string)token!["token"]!)), StringComparison.Ordinal);
        Assert.Equal([0xc3, 0xa9], answer["context"]![28]!["bytes"]!.AsArray().Select(value => (int)value!));
        JsonNode[] heads = [.. answer["weights"]!.AsArray().SelectMany(layer => layer!.AsArray()).OfType<JsonNode>()];
        Assert.Equal(4, heads.Length);
        Assert.All(heads, head => Assert.Equal((29, 1.0), (head.AsArray().Count, Math.Round(head.AsArray().Sum(weight => (double)weight!), 3))));
        Assert.Equal(26, (int)(await server.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!);
        await server.RefusedAsync(400, path, "{}", "prompt");
        await server.RefusedAsync(400, path, """{"prompt":""}""", "prompt");
        await server.RefusedAsync(400, path, $$"""{"prompt":"{{new string('a', 65)}}"}""", "prompt");
        await server.RefusedAsync(404, "/v1/sessions/0123456789abcdef0123456789abcdef/attention", """{"prompt":"a"}""", "session_id");
    }

    [Fact]
    public async Task Chat_sends_only_what_is_new()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonNode first = await server.JsonAsync("/v1/chat/completions", """{"session_id":"new","messages":[{"role":"user","content":"Hello"}],"max_tokens":5,"temperature":0}""");
        string id = (string)first["session_id"]!;
        Answer second = await server.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"More"}],"max_tokens":5,"temperature":0}""", ("x-session-id", id));
        Assert.Equal((HttpStatusCode.OK, id), (second.Status, second.Header("x-session-id")));
        Answer two = await server.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"More"}],"max_tokens":5,"session_id":"other"}""", ("x-session-id", id));
        Assert.Equal((HttpStatusCode.BadRequest, "session_id"), (two.Status, (string)two.Error()["param"]!));
        Assert.Equal("User:\nMore\n\nAssistant:\n".Length, (int)second.Json["usage"]!["prompt_tokens"]!);
        string reply = (string)first["choices"]![0]!["message"]!["content"]!;
        JsonNode whole = await server.JsonAsync("/v1/completions", new JsonObject { ["prompt"] = $"User:\nHello\n\nAssistant:\n{reply}\n\nUser:\nMore\n\nAssistant:\n", ["max_tokens"] = 5, ["temperature"] = 0 }.ToJsonString());
        Assert.Equal((string)whole["choices"]![0]!["text"]!, (string)second.Json["choices"]![0]!["message"]!["content"]!);
        Assert.Equal("User:\nHello\n\nAssistant:\n\n\nUser:\nMore\n\nAssistant:\n\n\n".Length + 5 + 5 + 1, (int)(await server.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!);
        await server.RefusedAsync(400, "/v1/completions", $$"""{"session_id":"{{id}}","prompt":["a","b"]}""", "prompt");
        await server.RefusedAsync(400, "/v1/completions", $$"""{"session_id":"{{id}}","prompt":"a","n":2}""", "n");
        await server.RefusedAsync(404, "/v1/completions", """{"session_id":"0123456789abcdef0123456789abcdef","prompt":"a"}""", "session_id");
    }

    [Fact]
    public async Task A_session_belongs_to_a_key()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { ApiKeys = [Ann, Bob] });
        (string, string) ann = ("authorization", $"Bearer {Ann}"), bob = ("authorization", $"Bearer {Bob}");
        string id = (string)(await server.JsonAsync("/v1/sessions", "{}", ann))["id"]!;
        Assert.Equal(32, id.Length);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync($"/v1/sessions/{id}", ann)).Status);
        Assert.Empty((await server.GetAsync("/v1/sessions", bob)).Json["data"]!.AsArray());
        foreach ((HttpMethod method, string path) in ((HttpMethod, string)[])[(HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Patch, ""), (HttpMethod.Post, "/read"), (HttpMethod.Post, "/generate"), (HttpMethod.Post, "/fork"), (HttpMethod.Post, "/next"), (HttpMethod.Post, "/save"), (HttpMethod.Post, "/restore")])
        {
            Answer answer = await server.SendAsync(method, $"/v1/sessions/{id}{path}", method == HttpMethod.Get ? null : """{"prompt":"a","name":"b"}""", bob);
            Assert.Equal((HttpStatusCode.NotFound, "session_not_found"), (answer.Status, (string)answer.Error()["code"]!));
        }

        Answer completion = await server.PostAsync("/v1/completions", """{"prompt":"a"}""", bob, ("x-session-id", id));
        Assert.Equal(HttpStatusCode.NotFound, completion.Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync($"/v1/sessions/{id}", ann)).Status);
    }

    [Fact]
    public async Task A_session_is_there_after_a_restart_and_goes_back_to_what_was_saved()
    {
        string id, text;
        await using (TestServer server = await TestServer.StartAsync(WithStore(false)))
        {
            id = await OpenAsync(server);
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
        string id = await OpenAsync(server);
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
        string id = await OpenAsync(server);
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
        string id = await OpenAsync(one), single = await OpenAsync(alone);
        TestServer[] replicas = [one, two];
        for (int turn = 0; turn < 6; turn++)
        {
            string body = $$"""{"prompt":"turn {{turn}}: ","max_tokens":12,"seed":{{turn}}}""";
            string expected = Text(await alone.JsonAsync($"/v1/sessions/{single}/generate", body));
            Assert.Equal(expected, Text(await replicas[turn % 2].JsonAsync($"/v1/sessions/{id}/generate", body)));
        }

        Assert.Equal((await one.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!.ToJsonString(), (await two.GetAsync($"/v1/sessions/{id}")).Json["tokens"]!.ToJsonString());
    }

    private Func<ServerOptions, ServerOptions> WithStore(bool isShared) => options => options with
    {
        OpenStore = name => new FolderSessionStore(_store[name], new FolderSessionStoreOptions()),
        SharesSessions = isShared,
        SavesAlways = isShared,
    };

    [Fact]
    public async Task Words_that_go_on_in_a_session_are_those_of_one_text()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Words);
        string whole = await OpenAsync(server), parts = await OpenAsync(server);
        string expected = await WriteAsync(whole, "the river", 6);
        string first = await WriteAsync(parts, "the river", 3);
        JsonNode next = (await server.JsonAsync($"/v1/sessions/{parts}/next", """{"top":1}"""))["data"]![0]!;
        string second = await WriteAsync(parts, "", 3);
        Assert.Equal(expected, first + second);
        Assert.StartsWith((string)next["token"]!, second, StringComparison.Ordinal);

        string read = await OpenAsync(server);
        await server.JsonAsync($"/v1/sessions/{read}/read", """{"prompt":"the river"}""");
        string[] following = [.. (await server.JsonAsync($"/v1/sessions/{read}/next", """{"top":3}"""))["data"]!.AsArray().Select(token => (string)token!["token"]!)];
        JsonNode logprobs = (await server.JsonAsync($"/v1/sessions/{read}/generate", """{"max_tokens":1,"min_tokens":1,"temperature":0,"logprobs":3}"""))["choices"]![0]!["logprobs"]!;
        Assert.Equal(following.Order(), logprobs["top_logprobs"]![0]!.AsObject().Select(top => top.Key).Order());
        Assert.All(following.Where(token => token != "\n"), token => Assert.StartsWith(" ", token, StringComparison.Ordinal));

        async Task<string> WriteAsync(string id, string prompt, int tokens) => (string)(await server.JsonAsync(
            $"/v1/sessions/{id}/generate", $$"""{"prompt":"{{prompt}}","max_tokens":{{tokens}},"min_tokens":{{tokens}},"temperature":0}"""))["choices"]![0]!["text"]!;
    }

    [Fact]
    public async Task The_memory_for_sessions_is_divided_among_the_models_that_write_text()
    {
        InputException none = await Assert.ThrowsAsync<InputException>(() => TestServer.StartAsync(options => options with { SessionMemoryBytes = 1 }));
        long one = long.Parse(Regex.Match(none.Message, "one session of characters needs ([0-9]+)$").Groups[1].Value, CultureInfo.InvariantCulture);
        await using (TestServer server = await TestServer.StartAsync(options => options with { SessionMemoryBytes = one }, SmallModels.Characters, SmallModels.Topics, SmallModels.Encoder))
        {
            await OpenAsync(server);
        }

        InputException two = await Assert.ThrowsAsync<InputException>(() => TestServer.StartAsync(options => options with { SessionMemoryBytes = one }, SmallModels.Characters, SmallModels.Words));
        Assert.Contains($"the memory for sessions is {one} bytes, {one / 2} for each of 2 models that write text", two.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_goes_on_where_its_saved_state_is_gone_and_cannot_be_restored()
    {
        await using TestServer server = await TestServer.StartAsync(WithStore(false));
        string id = await OpenAsync(server);
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
        string id = await OpenAsync(server);
        await server.JsonAsync($"/v1/sessions/{id}/save", "");
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"more"}""");
        store.IsStalled = true;
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await server.PostAsync($"/v1/sessions/{id}/restore", "")).Status);
        store.IsStalled = false;
        Assert.Equal(0, (int)(await server.JsonAsync($"/v1/sessions/{id}/restore", ""))["tokens"]!);
    }

    [Fact]
    public async Task A_session_that_was_opened_for_a_refused_request_is_deleted()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Streams = 1, Queue = 0 } });
        using HttpRequestMessage busy = new(HttpMethod.Post, new Uri(server.Address, "/v1/completions")) { Content = new StringContent("""{"prompt":"a","max_tokens":60000,"stream":true}""", null, "application/json") };
        using HttpResponseMessage writing = await server.Client.SendAsync(busy, HttpCompletionOption.ResponseHeadersRead);
        foreach ((string path, string body) in ((string, string)[])[("/v1/completions", """{"prompt":"a","session_id":"new"}"""), ("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}],"session_id":"new"}""")])
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await server.PostAsync(path, body)).Status);
        }

        Assert.Empty((await server.GetAsync("/v1/sessions")).Json["data"]!.AsArray());
    }

    private static async Task<string> OpenAsync(TestServer server) => (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;

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
