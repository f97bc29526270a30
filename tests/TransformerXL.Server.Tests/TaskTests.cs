using System.Net;
using System.Text.Json.Nodes;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Server.Tests;

/// <summary>Predictions of models with heads are those of the library, and requests that do not fit are refused by name.</summary>
public sealed class TaskTests : IDisposable
{
    private readonly CpuBackend _backend = new(threads: 1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public async Task Classify_gives_the_probabilities_of_the_library_for_a_text_texts_and_pairs()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Topics);
        Classifier classifier = new(ModelFolder.Load(server.FolderOf(SmallModels.Topics)), _backend);
        JsonNode one = await server.JsonAsync("/v1/classify", """{"input":"it rains"}""");
        Assert.Equal("list", (string?)one["object"]);
        Assert.Equal("topics", (string?)one["model"]);
        Assert.Equal(8, (int)one["usage"]!["prompt_tokens"]!);
        Classification expected = classifier.Classify("it rains");
        JsonNode item = Assert.Single(one["data"]!.AsArray())!;
        Assert.Equal((0, expected.Labels[0], 3), ((int)item["index"]!, (string?)item["label"], (int)item["num_classes"]!));
        Assert.Equal(expected.Probabilities.Select(label => label.Probability), item["probs"]!.AsArray().Select(value => (double)value!));
        Assert.Equal(expected.Probabilities.Select(label => label.Label), item["probabilities"]!.AsObject().Select(label => label.Key));
        Assert.Null(item["labels"]);

        JsonNode several = await server.JsonAsync("/v1/classify", """{"model":"topics","input":["it rains",["it rains","at noon"],{"text":"it rains","text2":"at noon"},{"text":"sun"}]}""");
        (string Text, string? Second)[] asked = [("it rains", null), ("it rains", "at noon"), ("it rains", "at noon"), ("sun", null)];
        Assert.Equal(
            asked.Select(text => classifier.Classify(text.Text, text.Second).Probabilities[0].Probability),
            several["data"]!.AsArray().Select(other => (double)other!["probs"]![0]!));
    }

    [Fact]
    public async Task A_model_of_pairs_refuses_a_single_text_by_its_name()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Pairs);
        Assert.Single((await server.JsonAsync("/v1/classify", """{"input":[["it rains","at noon"]]}"""))["data"]!.AsArray());
        JsonNode refused = await server.RefusedAsync(400, "/v1/classify", """{"input":[["it rains","at noon"],"it rains"]}""", "input[1]");
        Assert.Contains("trained on pairs of texts", (string)refused["message"]!, StringComparison.Ordinal);
        await server.RefusedAsync(400, "/v1/classify", """{"input":[["it rains",""]]}""", "input[0]");
        await server.RefusedAsync(400, "/v1/classify", """{"input":[{"text":"it rains","text2":""}]}""", "input[0]");
        await server.RefusedAsync(400, "/v1/classify", """{"input":[["","at noon"]]}""", "input[0][0]");
    }

    [Fact]
    public async Task Several_labels_and_numbers_have_their_own_members()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Several, SmallModels.Number);
        Classifier several = new(ModelFolder.Load(server.FolderOf(SmallModels.Several)), _backend), number = new(ModelFolder.Load(server.FolderOf(SmallModels.Number)), _backend);
        JsonNode labels = (await server.JsonAsync("/v1/classify", """{"model":"several","input":"it rains"}"""))["data"]![0]!;
        Assert.Equal(several.Classify("it rains").Labels, labels["labels"]!.AsArray().Select(label => (string)label!));
        JsonNode value = (await server.JsonAsync("/v1/classify", """{"model":"number","input":"it rains"}"""))["data"]![0]!;
        Assert.Equal(number.Classify("it rains").Number, (double)value["number"]!);
        Assert.Null(value["probabilities"]);
    }

    [Fact]
    public async Task Words_and_answers_have_places_in_their_text()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Names, SmallModels.Answers);
        Labeller labeller = new(ModelFolder.Load(server.FolderOf(SmallModels.Names)), _backend);
        JsonNode labelled = await server.JsonAsync("/v1/label", """{"model":"names","input":["Ada  sings",["Ada","sings"]]}""");
        foreach ((JsonNode? item, LabellerInput input) in labelled["data"]!.AsArray().Zip((LabellerInput[])[LabellerInput.Of("Ada  sings"), LabellerInput.Of(["Ada", "sings"])]))
        {
            Labelling expected = labeller.Label([input])[0];
            Assert.Equal(
                expected.Words.Select(word => (word.Word, word.Label, word.Start, word.End, word.Probability)),
                item!["words"]!.AsArray().Select(word => ((string)word!["word"]!, (string)word["label"]!, (int)word["start"]!, (int)word["end"]!, (double)word["probability"]!)));
            Assert.Equal(expected.Spans.Select(span => (span.Type, span.Start)), item["spans"]!.AsArray().Select(span => ((string)span!["type"]!, (int)span["start"]!)));
        }

        JsonNode places = (await server.JsonAsync("/v1/label", """{"model":"names","input":"😀 Ada sings"}"""))["data"]![0]!["words"]!;
        Assert.Equal([(0, 1), (2, 5), (6, 11)], places.AsArray().Select(word => ((int)word!["start"]!, (int)word["end"]!)));

        Inference.Answer answer = new Answerer(ModelFolder.Load(server.FolderOf(SmallModels.Answers)), _backend).Answer("who", "it was Ada");
        JsonNode one = await server.JsonAsync("/v1/answer", """{"model":"answers","question":"who","context":"it was Ada"}""");
        JsonNode list = await server.JsonAsync("/v1/answer", """{"model":"answers","input":[{"question":"who","context":"it was Ada"}]}""");
        foreach (JsonNode item in (JsonNode[])[one["data"]![0]!, list["data"]![0]!])
        {
            Assert.Equal((answer.Text, answer.Start, answer.End, answer.Probability, answer.NoAnswerProbability), ((string)item["answer"]!, (int)item["start"]!, (int)item["end"]!, (double)item["probability"]!, (double)item["no_answer_probability"]!));
        }
    }

    [Fact]
    public async Task Wrong_requests_are_refused_by_the_name_of_the_field()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Limits = options.Limits with { PromptTokens = 20, Prompts = 2 } }, SmallModels.Topics, SmallModels.Bytes, SmallModels.Names, SmallModels.Answers);
        const string Classify = "/v1/classify";
        await server.RefusedAsync(400, Classify, "{}", "input");
        await server.RefusedAsync(400, Classify, """{"input":""}""", "input");
        await server.RefusedAsync(400, Classify, """{"input":[]}""", "input");
        await server.RefusedAsync(400, Classify, """{"input":7}""", "input");
        await server.RefusedAsync(400, Classify, """{"input":["a",7]}""", "input[1]");
        await server.RefusedAsync(400, Classify, """{"input":["a",["b"]]}""", "input[1]");
        await server.RefusedAsync(400, Classify, """{"input":[{"text2":"b"}]}""", "input[0].text");
        await server.RefusedAsync(400, Classify, """{"input":["a","b","c"]}""", "input");
        await server.RefusedAsync(413, Classify, """{"input":["a","this text has more than twenty tokens"]}""", "input[1]");
        await server.RefusedAsync(400, Classify, """{"model":"bytes","input":"a"}""", "model");
        await server.RefusedAsync(400, Classify, """{"model":"names","input":"a"}""", "model");
        Assert.Contains("is a model that predicts labels of words, but labels of texts are wanted", (await server.PostAsync(Classify, """{"model":"names","input":"a"}""")).Json["error"]!["message"]!.ToString(), StringComparison.Ordinal);
        await server.RefusedAsync(404, Classify, """{"model":"none","input":"a"}""", "model");
        await server.RefusedAsync(400, "/v1/label", """{"model":"names","input":[[]]}""", "input[0]");
        await server.RefusedAsync(400, "/v1/answer", """{"model":"answers","question":"who"}""", "context");
        await server.RefusedAsync(400, "/v1/completions", """{"prompt":"a"}""", "model");
        await server.RefusedAsync(400, "/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}]}""", "model");
    }

    /// <summary>The model divides "a, b." into four words, and reads a space before each but the first.</summary>
    [Fact]
    public async Task The_limit_and_the_usage_of_labels_count_what_is_read()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = options.Limits with { PromptTokens = 20 } }, SmallModels.Marks);
        JsonNode answer = await server.JsonAsync("/v1/label", """{"input":"a, b."}""");
        Assert.Equal(4, answer["data"]![0]!["words"]!.AsArray().Count);
        Assert.Equal(7, (int)answer["usage"]!["prompt_tokens"]!);
        await server.JsonAsync("/v1/label", """{"input":"aaaaaaaaaaaaaaaaaaaa"}""");
        await server.RefusedAsync(413, "/v1/label", """{"input":"a, a, a, a, a, a."}""", "input");
    }

    [Fact]
    public async Task Embeddings_come_from_models_with_heads_too_and_texts_go_on_meanwhile()
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Topics, SmallModels.Bytes);
        JsonNode embedded = await server.JsonAsync("/v1/embeddings", """{"model":"topics","input":"it rains"}""");
        Assert.Equal(24, embedded["data"]![0]!["embedding"]!.AsArray().Count);
        Task<JsonNode> written = server.JsonAsync("/v1/completions", """{"model":"bytes","prompt":"a","max_tokens":200}""");
        string[] bodies = [.. Enumerable.Range(0, 20).Select(i => $$"""{"input":"it rains on day {{i}}"}""")];
        Answer[] together = await Task.WhenAll(bodies.Select(body => server.PostAsync("/v1/classify", body)));
        Assert.All(together, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        for (int i = 0; i < bodies.Length; i++)
        {
            Assert.Equal((await server.JsonAsync("/v1/classify", bodies[i]))["data"]!.ToJsonString(), together[i].Json["data"]!.ToJsonString());
        }

        Assert.Equal(200, (int)(await written)["usage"]!["completion_tokens"]!);
    }
}
