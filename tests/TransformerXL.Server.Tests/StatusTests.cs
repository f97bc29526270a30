using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TransformerXL.Server.Tests;

/// <summary>What the server tells of itself, its models and their tokens.</summary>
public sealed partial class StatusTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(null, SmallModels.Characters, SmallModels.Bytes);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Models_are_listed_and_found_by_name()
    {
        JsonNode list = (await _server.GetAsync("/v1/models")).Json;
        Assert.Equal("list", (string)list["object"]!);
        Assert.Equal([SmallModels.Characters, SmallModels.Bytes], list["data"]!.AsArray().Select(item => (string)item!["id"]!));
        Assert.All(list["data"]!.AsArray(), item => Assert.Equal(["id", "created", "object", "owned_by"], item!.AsObject().Select(member => member.Key)));
        Assert.Equal(SmallModels.Bytes, (string)(await _server.GetAsync("/v1/models/bytes")).Json["id"]!);
        Answer missing = await _server.GetAsync("/v1/models/other");
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (missing.Status, (string)missing.Error()["code"]!));
    }

    [Fact]
    public async Task A_name_with_a_slash_is_found()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Models = [options.Models[0] with { Name = "a/b" }] });
        foreach (string path in (string[])["/v1/models/a/b", "/v1/models/a%2Fb", "/v1/models/a%2fb", "/v1/models/a/b/"])
        {
            Assert.Equal("a/b", (string)(await server.GetAsync(path)).Json["id"]!);
        }
    }

    [Fact]
    public async Task Text_becomes_tokens_and_comes_back()
    {
        JsonNode tokens = await _server.JsonAsync("/tokenize", """{"model":"bytes","prompt":"é!"}""");
        Assert.Equal("[195,169,33]", tokens["tokens"]!.ToJsonString());
        Assert.Equal(["bytes:\\xc3", "bytes:\\xa9", "!"], tokens["token_strs"]!.AsArray().Select(token => (string)token!));
        Assert.Equal(3, (int)tokens["count"]!);
        Assert.True((int)tokens["max_model_len"]! > 0);
        JsonNode text = await _server.JsonAsync("/detokenize", """{"model":"bytes","tokens":[195,169,33]}""");
        Assert.Equal(("é!", "é!"), ((string)text["prompt"]!, (string)text["content"]!));
        JsonNode chat = await _server.JsonAsync("/tokenize", """{"model":"bytes","messages":[{"role":"user","content":"a"}]}""");
        Assert.Equal("User:\na\n\nAssistant:\n".Length, (int)chat["count"]!);
        await _server.RefusedAsync(400, "/detokenize", """{"model":"bytes","tokens":[256]}""", "tokens[0]");
        await _server.RefusedAsync(400, "/tokenize", "{}", "prompt");
        JsonNode info = (await _server.GetAsync("/tokenizer_info?model=bytes")).Json;
        Assert.Equal((256, "bytes"), ((int)info["vocabulary_size"]!, (string)info["kind"]!));
    }

    [Fact]
    public async Task Properties_tell_that_no_context_overflows_and_no_path()
    {
        Answer answer = await _server.GetAsync("/props");
        JsonNode model = answer.Json["models"]![0]!;
        Assert.False((bool)model["context_overflows"]!);
        Assert.True((long)model["session_bytes"]! > 0);
        Assert.False((bool)model["adapts"]!);
        Assert.True((int)model["memory_length"]! > 0);
        Assert.True((bool)model["writes_text"]!);
        Assert.DoesNotContain(Path.GetDirectoryName(_server.FolderOf(SmallModels.Characters))!, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Properties_do_not_promise_a_memory_of_tokens_to_other_kinds_of_models()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.LongEncoder, SmallModels.Topics, SmallModels.Recurrent);
        JsonNode[] models = [.. (await server.GetAsync("/props")).Json["models"]!.AsArray().Select(model => model!)];
        Assert.Equal([(false, 0), (false, 48), (true, 0)], models.Select(model => ((bool)model["writes_text"]!, (int)model["memory_length"]!)));
        Assert.Contains("in both directions", (string)models[0]["context"]!, StringComparison.Ordinal);
        Assert.Contains("keeps one state", (string)models[2]["context"]!, StringComparison.Ordinal);
        string id = (string)(await server.JsonAsync("/v1/sessions", """{"model":"recurrent"}"""))["id"]!;
        JsonNode session = (await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The river"}"""))["session"]!;
        Assert.Equal((10, 0), ((int)session["tokens"]!, (int)session["remembered"]!));
    }

    [Theory]
    [InlineData("/api/generate", "\"prompt\":\"a\",\"format\":\"json\"", "format")]
    [InlineData("/api/generate", "\"prompt\":\"a\",\"images\":[\"x\"]", "images")]
    [InlineData("/api/chat", "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{}]", "tools")]
    [InlineData("/api/chat", "\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"images\":[\"x\"]}]", "images")]
    [InlineData("/api/chat", "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"format\":{\"type\":\"object\"}", "format")]
    public async Task Ollamas_fields_that_the_model_cannot_honour_are_refused(string path, string fields, string name)
    {
        Answer answer = await _server.PostAsync(path, $$"""{"model":"characters",{{fields}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains($"{name} ", (string)answer.Json["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"prompt\":\"\",\"stream\":false,\"keep_alive\":\"5m\"")]
    public async Task Without_a_prompt_Ollamas_clients_ask_for_a_loaded_model(string fields)
    {
        Answer answer = await _server.PostAsync("/api/generate", $$"""{"model":"characters"{{fields}}}""");
        Assert.Equal((HttpStatusCode.OK, "", true, "load"), (answer.Status, (string)answer.Json["response"]!, (bool)answer.Json["done"]!, (string)answer.Json["done_reason"]!));
    }

    [Fact]
    public async Task Ollamas_values_for_all_tokens_and_its_dimensions_are_honoured()
    {
        const string Options = "\"num_predict\":30,\"seed\":1,\"repeat_penalty\":1.5";
        string all = await WriteAsync("-1");
        Assert.Equal((await WriteAsync("65536"), true), (all, all != await WriteAsync("1")));
        Assert.Contains("\"error\"", (await _server.PostAsync("/api/generate", """{"prompt":"a","options":{"repeat_last_n":-2}}""")).Text, StringComparison.Ordinal);
        JsonNode vectors = await _server.JsonAsync("/api/embed", """{"model":"characters","input":"a","dimensions":3}""");
        Assert.Equal(3, vectors["embeddings"]![0]!.AsArray().Count);

        async Task<string> WriteAsync(string window) =>
            (string)(await _server.JsonAsync("/api/generate", $$"""{"prompt":"The","stream":false,"options":{"repeat_last_n":{{window}},{{Options}} } }"""))["response"]!;
    }

    [Fact]
    public async Task Metrics_are_text_that_Prometheus_reads()
    {
        await _server.JsonAsync("/v1/completions", """{"prompt":"The river","max_tokens":5}""");
        Answer answer = await _server.GetAsync("/metrics");
        Assert.Equal("text/plain", answer.Type?.MediaType);
        Assert.All(answer.Text.TrimEnd('\n').Split('\n'), line => Assert.Matches(MetricLine(), line));
        Assert.Contains("txl_generated_tokens_total{model=\"characters\"} 5", answer.Text, StringComparison.Ordinal);
        Assert.Contains("txl_http_requests_total{route=\"/v1/completions\",status=\"200\"} 1", answer.Text, StringComparison.Ordinal);
        Assert.Contains("txl_time_to_first_token_seconds_count 1", answer.Text, StringComparison.Ordinal);
        Assert.Contains("txl_ready 1", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_told_to_everyone_and_unavailable_while_models_are_loaded()
    {
        Assert.Equal("""{"status":"ok"}""", (await _server.GetAsync("/health")).Text);
        using Testing.TemporaryFolder folder = new();
        await using ModelServer loading = await ModelServer.ListenAsync(new ServerOptions { Models = [SmallModels.Write(folder.Path, SmallModels.Bytes)], Port = 0, Threads = 1 });
        using HttpClient client = new() { BaseAddress = new Uri(loading.Addresses[0]) };
        using HttpResponseMessage health = await client.GetAsync("/health");
        using HttpResponseMessage models = await client.GetAsync("/v1/models");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (health.StatusCode, models.StatusCode));
        Assert.Equal("unavailable_error", (string)JsonNode.Parse(await health.Content.ReadAsStringAsync())!["error"]!["type"]!);
        Assert.True(health.Headers.RetryAfter is not null);
        await loading.LoadAsync();
        using HttpResponseMessage ready = await client.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public async Task Ollamas_routes_write_chat_and_embed()
    {
        JsonNode whole = await _server.JsonAsync("/api/generate", """{"model":"characters:latest","prompt":"The","stream":false,"options":{"num_predict":9,"seed":1}}""");
        Assert.Equal((true, "length", 9), ((bool)whole["done"]!, (string)whole["done_reason"]!, (int)whole["eval_count"]!));
        Answer lines = await _server.PostAsync("/api/generate", """{"model":"characters","prompt":"The","options":{"num_predict":9,"seed":1}}""");
        JsonNode[] pieces = [.. lines.Text.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!)];
        Assert.Equal((string)whole["response"]!, string.Concat(pieces.Select(piece => (string)piece["response"]!)));
        Assert.Equal([true], pieces.Where(piece => (bool)piece["done"]!).Select(piece => piece == pieces[^1]));
        JsonNode chat = await _server.JsonAsync("/api/chat", """{"model":"characters","messages":[{"role":"user","content":"Hi"}],"stream":false,"options":{"num_predict":4}}""");
        Assert.Equal("assistant", (string)chat["message"]!["role"]!);
        JsonNode vectors = await _server.JsonAsync("/api/embed", """{"model":"characters","input":["a","b"]}""");
        Assert.Equal(2, vectors["embeddings"]!.AsArray().Count);
        await using TestServer two = await TestServer.StartAsync(null, SmallModels.Bytes, SmallModels.Recurrent);
        JsonArray models = (await two.GetAsync("/api/tags")).Json["models"]!.AsArray();
        Assert.Equal(2, models.Select(model => (string)model!["digest"]!).Where(digest => digest.Length == 64).Distinct().Count());
        JsonNode tags = (await _server.GetAsync("/api/tags")).Json;
        Assert.Equal(SmallModels.Characters, (string)tags["models"]![0]!["name"]!);
        Answer missing = await _server.PostAsync("/api/generate", """{"model":"other","prompt":"a"}""");
        Assert.Equal((HttpStatusCode.NotFound, true), (missing.Status, missing.Json["error"] is JsonValue));
    }

    [Fact]
    public async Task Other_routes_and_methods_are_refused_in_the_shape_of_errors()
    {
        Answer route = await _server.GetAsync("/v1/nothing");
        Assert.Equal((HttpStatusCode.NotFound, "route_not_found"), (route.Status, (string)route.Error()["code"]!));
        Answer method = await _server.GetAsync("/v1/completions");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed"), (method.Status, (string)method.Error()["code"]!));
    }

    [GeneratedRegex("""^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.E+-]+)$""")]
    private static partial Regex MetricLine();
}
