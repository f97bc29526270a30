using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TransformerXL.Models;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Server.Tests;

/// <summary><c>/v1/sessions</c>, and sessions of OpenAI's routes.</summary>
public sealed class SessionTests
{
    private const string Ann = "key-of-ann", Bob = "key-of-bob";

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
        string id = await server.OpenSessionAsync();
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
        string text = string.Concat(Enumerable.Repeat("the stone and ", 40)), id = await server.OpenSessionAsync();
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
        await server.OpenSessionAsync();
    }

    [Fact]
    public async Task A_fork_goes_on_by_itself()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.OpenSessionAsync();
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
        string id = await server.OpenSessionAsync();
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
        string id = await server.OpenSessionAsync();
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
    public async Task Words_that_go_on_in_a_session_are_those_of_one_text()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Words);
        string whole = await server.OpenSessionAsync(), parts = await server.OpenSessionAsync();
        string expected = await WriteAsync(whole, "the river", 6);
        string first = await WriteAsync(parts, "the river", 3);
        JsonNode next = (await server.JsonAsync($"/v1/sessions/{parts}/next", """{"top":1}"""))["data"]![0]!;
        string second = await WriteAsync(parts, "", 3);
        Assert.Equal(expected, first + second);
        Assert.StartsWith((string)next["token"]!, second, StringComparison.Ordinal);

        string read = await server.OpenSessionAsync();
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
            await server.OpenSessionAsync();
        }

        InputException two = await Assert.ThrowsAsync<InputException>(() => TestServer.StartAsync(options => options with { SessionMemoryBytes = one }, SmallModels.Characters, SmallModels.Words));
        Assert.Contains($"the memory for sessions is {one} bytes, {one / 2} for each of 2 models that write text", two.Message, StringComparison.Ordinal);
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
}
