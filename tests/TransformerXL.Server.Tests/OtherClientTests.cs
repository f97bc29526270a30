using System.Text.Json.Nodes;
using TransformerXL.Testing;

namespace TransformerXL.Server.Tests;

/// <summary>OpenAI's client for JavaScript, curl, and what lm-evaluation-harness sends.</summary>
public sealed class OtherClientTests
{
    private const string Modules = "TXL_NODE_MODULES", Key = "key-of-a-client";

    [SkippableFact]
    public async Task OpenAIs_client_for_JavaScript_completes_chats_streams_embeds_and_retries()
    {
        string? modules = Environment.GetEnvironmentVariable(Modules);
        Skip.If(modules is null, $"the variable {Modules} does not name a folder with the npm package openai");
        ProgramRunner.Require("node", "--version", "there is no node (on Debian: apt-get install nodejs npm)");
        await using TestServer server = await TestServer.StartAsync(options => options with { ApiKeys = [Key] });
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Clients", "openai.mjs"), folder["openai.mjs"]);
        Directory.CreateSymbolicLink(folder["node_modules"], modules!);
        JsonNode result = JsonNode.Parse(await ProgramRunner.OutputAsync("node", folder["openai.mjs"], server.Address.GetLeftPart(UriPartial.Authority), SmallModels.Characters))!;
        JsonNode logprobs = result["completion"]!["logprobs"]!;
        string text = (string)result["completion"]!["text"]!;
        Assert.StartsWith("The river", text, StringComparison.Ordinal);
        Assert.Equal(text, string.Concat(logprobs["tokens"]!.AsArray().Select(token => (string)token!)));
        Assert.Equal((14, true), (logprobs["token_logprobs"]!.AsArray().Count, logprobs["token_logprobs"]![0] is null));
        Assert.Equal(text["The river".Length..], (string)result["streamed"]!);
        Assert.Equal((string)result["chat"]!, (string)result["chatStreamed"]!);
        Assert.Equal((8, 24), ((int)result["usage"]!["completion_tokens"]!, (int)result["embedding"]!));
        Assert.Equal(["characters"], result["models"]!.AsArray().Select(model => (string)model!));
        Assert.Equal("""{"status":400,"param":"temperature","code":"invalid_value","type":"invalid_request_error","id":true}""", result["error"]!.ToJsonString());
        Assert.Equal((2, (string)result["streamed"]!), ((int)result["refused"]!, (string)result["retried"]!));
    }

    [SkippableFact]
    public async Task Curl_needs_no_header_but_the_body()
    {
        ProgramRunner.Require("curl", "--version", "there is no curl");
        await using TestServer server = await TestServer.StartAsync();
        string address = server.Address.GetLeftPart(UriPartial.Authority);
        JsonNode answer = JsonNode.Parse(await ProgramRunner.OutputAsync("curl", "-sS", $"{address}/v1/completions", "-d", """{"prompt":"The","max_tokens":4}"""))!;
        Assert.Equal(4, (int)answer["usage"]!["completion_tokens"]!);
        string stream = await ProgramRunner.OutputAsync("curl", "-sSN", $"{address}/v1/completions", "-d", """{"prompt":"The","max_tokens":4,"stream":true}""");
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
        Assert.Equal("""{"status":"ok"}""", await ProgramRunner.OutputAsync("curl", "-sS", $"{address}/health"));
    }

    /// <summary>
    /// What <c>local-completions</c> with <c>tokenized_requests</c> sends for two choices of a question, and how it reads the answer: the sum of
    /// <c>token_logprobs[context:-1]</c>, and whether each token is the most probable of <c>top_logprobs</c>.
    /// </summary>
    [Fact]
    public async Task The_evaluation_harness_reads_the_log_probability_of_a_continuation()
    {
        await using TestServer server = await TestServer.StartAsync();
        int[] context = SmallModels.CharacterVocabulary.Encode("Q: Where is the stone? A:");
        JsonNode greedy = await server.JsonAsync("/v1/completions", new JsonObject { ["prompt"] = Ids(context), ["max_tokens"] = 6, ["temperature"] = 0, ["logprobs"] = 0 }.ToJsonString());
        JsonNode logprobs = greedy["choices"]![0]!["logprobs"]!;
        int[] likely = SmallModels.CharacterVocabulary.Encode((string)greedy["choices"]![0]!["text"]!), other = SmallModels.CharacterVocabulary.Encode(" river");
        JsonObject request = new()
        {
            ["model"] = SmallModels.Characters,
            ["prompt"] = new JsonArray(Ids([.. context, .. likely]), Ids([.. context, .. other])),
            ["temperature"] = 0,
            ["max_tokens"] = 1,
            ["logprobs"] = 1,
            ["seed"] = 1234,
            ["echo"] = true,
        };
        JsonNode answer = await server.JsonAsync("/v1/completions", request.ToJsonString());
        (double sum, bool isGreedy) = Read(answer["choices"]![0]!, context.Length);
        (double otherSum, bool otherIsGreedy) = Read(answer["choices"]![1]!, context.Length);
        Assert.Equal((true, false), (isGreedy, otherIsGreedy));
        Assert.Equal(logprobs["token_logprobs"]!.AsArray().Sum(value => (double)value!), sum, 1e-4);
        Assert.True(otherSum < sum);
    }

    private static (double Sum, bool IsGreedy) Read(JsonNode choice, int context)
    {
        JsonNode logprobs = choice["logprobs"]!;
        double[] values = [.. logprobs["token_logprobs"]!.AsArray().Skip(context).SkipLast(1).Select(value => (double)value!)];
        string[] tokens = [.. logprobs["tokens"]!.AsArray().Skip(context).SkipLast(1).Select(token => (string)token!)];
        string[] best = [.. logprobs["top_logprobs"]!.AsArray().Skip(context).SkipLast(1).Select(top => top!.AsObject().MaxBy(entry => (double)entry.Value!).Key)];
        Assert.Equal(6, values.Length);
        return (values.Sum(), tokens.SequenceEqual(best));
    }

    private static JsonArray Ids(int[] ids) => [.. ids.Select(id => JsonValue.Create(id))];
}
