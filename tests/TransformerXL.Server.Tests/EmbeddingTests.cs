using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Server.Tests;

/// <summary><c>/v1/embeddings</c>.</summary>
public sealed class EmbeddingTests
{
    private const string Path = "/v1/embeddings";

    [Theory]
    [InlineData(EmbeddingPooling.Mean)]
    [InlineData(EmbeddingPooling.Last)]
    public async Task Vectors_are_those_of_the_embedder(EmbeddingPooling pooling)
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Pooling = pooling });
        ModelFolder folder = ModelFolder.Load(server.FolderOf(SmallModels.Characters));
        using CpuBackend backend = new(threads: 1);
        EmbeddingOptions standard = EmbeddingOptions.ForTrained(folder.Configuration.Context);
        EmbeddingOptions options = standard with { Pooling = pooling, Normalizes = true, Session = standard.Session with { MaxSegment = 128 } };
        string[] texts = ["The river keeps the stone.", new string('a', 300)];
        JsonNode answer = await server.JsonAsync(Path, new JsonObject { ["input"] = new JsonArray(texts[0], texts[1]) }.ToJsonString());
        for (int i = 0; i < texts.Length; i++)
        {
            float[] expected = await new Embedder(folder.Model, folder.Vocabulary, backend).EmbedAsync(texts[i], options);
            Assert.Equal(expected, Vector(answer, i));
        }

        Assert.Equal(("list", "characters"), ((string)answer["object"]!, (string)answer["model"]!));
        Assert.Equal((26 + 300, 26 + 300), ((int)answer["usage"]!["prompt_tokens"]!, (int)answer["usage"]!["total_tokens"]!));
    }

    [Theory]
    [InlineData(SmallModels.Encoder, EmbeddingPooling.Mean)]
    [InlineData(SmallModels.Encoder, EmbeddingPooling.Last)]
    [InlineData(SmallModels.LongEncoder, EmbeddingPooling.Mean)]
    public async Task Vectors_of_an_encoder_are_those_of_the_embedder_alone_and_among_others(string model, EmbeddingPooling pooling)
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Pooling = pooling }, model);
        ModelFolder folder = ModelFolder.Load(server.FolderOf(model));
        using CpuBackend backend = new(threads: 1);
        EmbeddingOptions options = EmbeddingOptions.ForTrained(folder.Configuration.Context) with { Pooling = pooling, Normalizes = true };
        string[] texts = ["The river keeps the stone.", new string('a', 300), "short", "the river, the stone, and more than one segment of text"];
        JsonNode[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.JsonAsync(Path, new JsonObject { ["input"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]) }.ToJsonString())));
        for (int i = 0; i < texts.Length; i++)
        {
            float[] expected = await new Embedder(folder.Model, folder.Vocabulary, backend).EmbedAsync(texts[i], options);
            Assert.All(answers, answer => Assert.Equal(expected, Vector(answer, i)));
        }

        Assert.Equal(texts.Sum(text => text.Length), (int)answers[0]["usage"]!["prompt_tokens"]!);
    }

    [Fact]
    public async Task Clients_that_send_many_texts_at_once_need_not_divide_them()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Streams = 2, Queue = 4 } });
        JsonArray Texts(int count) => [.. Enumerable.Range(0, count).Select(i => (JsonNode)$"text {i}")];
        JsonNode answer = await server.JsonAsync(Path, new JsonObject { ["input"] = Texts(1000), ["dimensions"] = 1 }.ToJsonString());
        Assert.Equal(Enumerable.Range(0, 1000), answer["data"]!.AsArray().Select(item => (int)item!["index"]!));
        Answer refused = await server.PostAsync(Path, new JsonObject { ["input"] = Texts(2049) }.ToJsonString());
        Assert.Equal("input has 2049 entries, but may have at most 2048", (string)refused.Error()["message"]!);
    }

    [Fact]
    public async Task The_pooling_of_the_first_token_needs_an_encoder()
    {
        InputException fault = await Assert.ThrowsAsync<InputException>(() => TestServer.StartAsync(options => options with { Pooling = EmbeddingPooling.First }));
        Assert.Contains($"but {SmallModels.Characters} reads from left to right", fault.Message, StringComparison.Ordinal);
        await using TestServer server = await TestServer.StartAsync(options => options with { Pooling = EmbeddingPooling.First }, SmallModels.Encoder);
        Assert.Single((await server.JsonAsync(Path, """{"input":"a"}"""))["data"]!.AsArray());
    }

    [Fact]
    public async Task A_text_of_words_ends_its_last_line_as_the_embedder_reads_it()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Words);
        ModelFolder folder = ModelFolder.Load(server.FolderOf(SmallModels.Words));
        using CpuBackend backend = new(threads: 1);
        EmbeddingOptions options = EmbeddingOptions.ForTrained(folder.Configuration.Context) with { Normalizes = true };
        float[] expected = await new Embedder(folder.Model, folder.Vocabulary, backend).EmbedAsync("the river keeps a stone", options);
        JsonNode answer = await server.JsonAsync(Path, """{"input":"the river keeps a stone"}"""), ofOllama = await server.JsonAsync("/api/embed", """{"input":["the river keeps a stone"]}""");
        Assert.Equal(expected, Vector(answer, 0));
        Assert.Equal(6, (int)answer["usage"]!["prompt_tokens"]!);
        Assert.Equal(expected, ofOllama["embeddings"]![0]!.AsArray().Select(value => (float)value!));
    }

    [Fact]
    public async Task A_sentence_encoder_has_its_own_pooling_beside_a_model_with_the_mean()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.SentenceEncoder, SmallModels.Encoder);
        using CpuBackend backend = new(threads: 1);
        foreach ((string model, EmbeddingPooling pooling) in ((string, EmbeddingPooling)[])[(SmallModels.SentenceEncoder, EmbeddingPooling.First), (SmallModels.Encoder, EmbeddingPooling.Mean)])
        {
            ModelFolder folder = ModelFolder.Load(server.FolderOf(model));
            EmbeddingOptions options = EmbeddingOptions.ForTrained(folder.Configuration.Context) with { Pooling = pooling, Normalizes = true };
            JsonNode answer = await server.JsonAsync(Path, $$"""{"input":"The river","model":"{{model}}"}""");
            Assert.Equal(await new Embedder(folder.Model, folder.Vocabulary, backend).EmbedAsync("The river", options), Vector(answer, 0));
        }

        JsonNode properties = (await server.GetAsync("/props")).Json;
        Assert.Equal(["first", "mean"], properties["models"]!.AsArray().Select(model => (string)model!["embedding_pooling"]!));
    }

    [Fact]
    public async Task An_encoder_writes_and_scores_nothing()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Encoder);
        foreach ((string path, string body) in ((string, string)[])[("/v1/completions", """{"prompt":"a"}"""), ("/v1/completions", """{"prompt":"a","echo":true,"max_tokens":0,"logprobs":1}"""), ("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}]}"""), ("/v1/sessions", "{}")])
        {
            JsonNode error = await server.RefusedAsync(400, path, body, "model");
            Assert.Contains("reads a text in both directions", (string)error["message"]!, StringComparison.Ordinal);
        }

        await server.JsonAsync(Path, """{"input":"a"}""");
    }

    [Fact]
    public async Task Base64_holds_the_same_numbers()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonNode numbers = await server.JsonAsync(Path, """{"input":"The river"}""");
        JsonNode base64 = await server.JsonAsync(Path, """{"input":"The river","encoding_format":"base64"}""");
        byte[] bytes = Convert.FromBase64String((string)base64["data"]![0]!["embedding"]!);
        Assert.Equal(Vector(numbers, 0), MemoryMarshal.Cast<byte, float>(bytes).ToArray());
        JsonNode tokens = await server.JsonAsync("/tokenize", """{"content":"The river"}""");
        JsonNode ids = await server.JsonAsync(Path, $$"""{"input":{{tokens["tokens"]!.ToJsonString()}}}""");
        Assert.Equal(Vector(numbers, 0), Vector(ids, 0));
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_ones_at_length_1()
    {
        await using TestServer server = await TestServer.StartAsync();
        float[] all = Vector(await server.JsonAsync(Path, """{"input":"The river"}"""), 0);
        float[] few = Vector(await server.JsonAsync(Path, """{"input":"The river","dimensions":5}"""), 0);
        Assert.Equal(1, all.Sum(value => value * value), 1e-5);
        Assert.Equal(1, few.Sum(value => value * value), 1e-5);
        Assert.Equal(all[1] / all[0], few[1] / few[0], 1e-4);
        Assert.Equal(5, few.Length);
        await server.RefusedAsync(400, Path, """{"input":"The river","dimensions":25}""", "dimensions");
    }

    [Fact]
    public async Task What_cannot_be_embedded_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.RefusedAsync(400, Path, "{}", "input");
        await server.RefusedAsync(400, Path, """{"input":""}""", "input");
        await server.RefusedAsync(400, Path, """{"input":["a",""]}""", "input[1]");
        await server.RefusedAsync(400, Path, """{"input":"a","encoding_format":"hex"}""", "encoding_format");
    }

    private static float[] Vector(JsonNode answer, int index) => [.. answer["data"]![index]!["embedding"]!.AsArray().Select(value => (float)value!)];
}
