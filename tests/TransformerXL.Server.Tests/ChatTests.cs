using System.Text.Json.Nodes;
using TransformerXL.Inference.Chat;

namespace TransformerXL.Server.Tests;

/// <summary><c>/v1/chat/completions</c>.</summary>
public sealed class ChatTests : IAsyncLifetime
{
    private const string Path = "/v1/chat/completions";
    private const string Hello = """[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello"}]""";

    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task The_reply_has_the_fields_that_clients_read()
    {
        JsonNode answer = await _server.JsonAsync(Path, $$"""{"model":"characters","messages":{{Hello}},"max_tokens":9,"seed":1}""");
        Assert.Equal(("chat.completion", "characters"), ((string)answer["object"]!, (string)answer["model"]!));
        JsonNode choice = Assert.Single(answer["choices"]!.AsArray())!;
        Assert.Equal(["index", "message", "logprobs", "finish_reason"], choice.AsObject().Select(member => member.Key));
        Assert.Equal(("assistant", 9, "length"), ((string)choice["message"]!["role"]!, ((string)choice["message"]!["content"]!).EnumerateRunes().Count(), (string)choice["finish_reason"]!));
        Assert.Equal(9, (int)answer["usage"]!["completion_tokens"]!);
    }

    [Fact]
    public async Task It_is_the_completion_of_the_prompt_that_the_template_makes()
    {
        string prompt = ChatTemplate.Plain.Render([("system", "Be kind."), ("user", "Hello")]);
        Assert.Equal("Be kind.\n\nUser:\nHello\n\nAssistant:\n", prompt);
        JsonNode chat = await _server.JsonAsync(Path, $$"""{"messages":{{Hello}},"max_tokens":30,"seed":1}""");
        JsonNode text = await _server.JsonAsync("/v1/completions", new JsonObject { ["prompt"] = prompt, ["max_tokens"] = 30, ["seed"] = 1 }.ToJsonString());
        Assert.Equal((string)text["choices"]![0]!["text"]!, (string)chat["choices"]![0]!["message"]!["content"]!);
        Assert.Equal((int)text["usage"]!["prompt_tokens"]!, (int)chat["usage"]!["prompt_tokens"]!);
    }

    [Fact]
    public async Task A_stream_begins_with_the_role_and_ends_with_the_reason()
    {
        List<JsonNode> events = await _server.EventsAsync(Path, $$"""{"messages":{{Hello}},"max_tokens":20,"seed":1,"stream":true}""");
        JsonNode whole = await _server.JsonAsync(Path, $$"""{"messages":{{Hello}},"max_tokens":20,"seed":1}""");
        Assert.All(events, item => Assert.Equal("chat.completion.chunk", (string)item["object"]!));
        Assert.Equal("""{"role":"assistant","content":""}""", events[0]["choices"]![0]!["delta"]!.ToJsonString());
        Assert.Equal(("{}", "length"), (events[^1]["choices"]![0]!["delta"]!.ToJsonString(), (string)events[^1]["choices"]![0]!["finish_reason"]!));
        string text = string.Concat(events[1..^1].Select(item => (string)item["choices"]![0]!["delta"]!["content"]!));
        Assert.Equal((string)whole["choices"]![0]!["message"]!["content"]!, text);
    }

    [Fact]
    public async Task Log_probabilities_come_with_bytes_and_alternatives_also_in_a_stream()
    {
        const string Body = """{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"seed":1,"logprobs":true,"top_logprobs":3STREAM}""";
        JsonNode whole = await _server.JsonAsync(Path, Body.Replace("STREAM", "", StringComparison.Ordinal));
        JsonArray content = whole["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.Equal(5, content.Count);
        Assert.Equal((string)whole["choices"]![0]!["message"]!["content"]!, string.Concat(content.Select(token => (string)token!["token"]!)));
        Assert.All(content, token =>
        {
            Assert.Equal(System.Text.Encoding.UTF8.GetBytes((string)token!["token"]!), token["bytes"]!.AsArray().Select(value => (byte)(int)value!));
            Assert.Equal(3, token["top_logprobs"]!.AsArray().Count);
            Assert.True((double)token["logprob"]! <= (double)token["top_logprobs"]![0]!["logprob"]! + 1e-9);
        });
        List<JsonNode> events = await _server.EventsAsync(Path, Body.Replace("STREAM", ",\"stream\":true", StringComparison.Ordinal));
        string streamed = new JsonArray([.. events.SelectMany(item => item["choices"]![0]!["logprobs"]?["content"]!.AsArray() ?? []).Select(token => token!.DeepClone())]).ToJsonString();
        Assert.Equal(content.ToJsonString(), streamed);
    }

    [Fact]
    public async Task Content_may_come_in_parts_of_text()
    {
        JsonNode whole = await _server.JsonAsync(Path, """{"messages":[{"role":"user","content":"Hello"}],"max_completion_tokens":9,"seed":1}""");
        JsonNode parts = await _server.JsonAsync(Path, """{"messages":[{"role":"user","content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]}],"max_tokens":9,"seed":1}""");
        Assert.Equal((string)whole["choices"]![0]!["message"]!["content"]!, (string)parts["choices"]![0]!["message"]!["content"]!);
    }

    [Fact]
    public async Task Several_replies_are_those_of_each_seed()
    {
        JsonNode both = await _server.JsonAsync(Path, $$"""{"messages":{{Hello}},"max_tokens":9,"seed":1,"n":2}""");
        JsonNode second = await _server.JsonAsync(Path, $$"""{"messages":{{Hello}},"max_tokens":9,"seed":2}""");
        Assert.Equal((string)second["choices"]![0]!["message"]!["content"]!, (string)both["choices"]![1]!["message"]!["content"]!);
    }

    [Theory]
    [InlineData("""{}""", "messages")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":"hi"}""", "messages")]
    [InlineData("""{"messages":[7]}""", "messages[0]")]
    [InlineData("""{"messages":[{"role":"robot","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "messages[0].content[0].type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{}]}""", "tools")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""", "response_format.type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_logprobs":3}""", "top_logprobs")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":0}""", "max_tokens")]
    public async Task What_cannot_be_done_is_refused_by_name(string body, string param) => await _server.RefusedAsync(400, Path, body, param);

    [Fact]
    public void A_template_file_is_read_and_checked()
    {
        using Testing.TemporaryFolder folder = new();
        string good = folder.Write("good.json", """{"begin":"<<","roles":{"user":"[{content}]"},"reply":">","stop":["["]}""");
        ChatTemplate template = ChatTemplate.Load(good);
        Assert.Equal("<<[a][b]>", template.Render([("user", "a"), ("user", "b")]));
        Assert.Equal("[a]>", template.Render([("user", "a")], continues: true));
        Assert.Equal(["["], template.Stop);
        (string Json, string Message)[] wrong =
        [
            ("[]", "wrong.json: must hold a JSON object but holds the list []"),
            ("{", "line 1, column 2: the text ends too early"),
            ("""{"reply":">"}""", "roles is missing"),
            ("""{"roles":{"user":"x"},"reply":">"}""", "roles.user has {content} 0 times"),
            ("""{"roles":{"assistant":"{content}"},"reply":">"}""", "roles.user is missing"),
            ("""{"roles":{"user":"{content}"}}""", "reply is missing"),
            ("""{"roles":{"user":"{content}"},"reply":">","stop":[""]}""", "empty"),
            ("""{"roles":{"user":"{content}"},"reply":">","jinja":"x"}""", "jinja"),
        ];
        foreach ((string json, string message) in wrong)
        {
            InputException exception = Assert.Throws<InputException>(() => ChatTemplate.Load(folder.Write("wrong.json", json)));
            Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        }

        Assert.Throws<InputException>(() => ChatTemplate.Load(folder["missing.json"]));
    }
}
