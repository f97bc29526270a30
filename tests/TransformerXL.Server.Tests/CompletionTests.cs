using System.Net;
using System.Text.Json.Nodes;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Server.Tests;

/// <summary><c>/v1/completions</c>.</summary>
public sealed class CompletionTests : IAsyncLifetime
{
    private const string Path = "/v1/completions";
    private const string Text = "The river keeps the stone, and the stone keeps the river: é€漢🐧 as long as both remain where they were, which is not for ever, the old man said. ";

    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(null, SmallModels.Characters, SmallModels.Bytes, SmallModels.Words);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task The_answer_has_the_fields_that_clients_read()
    {
        JsonNode answer = await _server.JsonAsync(Path, """{"model":"characters","prompt":"The river","max_tokens":7,"seed":3,"ignore_eos":true}""");
        Assert.Equal(["id", "object", "created", "model", "choices", "usage"], answer.AsObject().Select(member => member.Key));
        Assert.Equal(("text_completion", "characters"), ((string)answer["object"]!, (string)answer["model"]!));
        JsonNode choice = Assert.Single(answer["choices"]!.AsArray())!;
        Assert.Equal(["text", "index", "logprobs", "finish_reason"], choice.AsObject().Select(member => member.Key));
        Assert.Equal((7, 0, "length"), (new System.Globalization.StringInfo((string)choice["text"]!).LengthInTextElements, (int)choice["index"]!, (string)choice["finish_reason"]!));
        Assert.Null(choice["logprobs"]);
        Assert.Equal((9, 7, 16), ((int)answer["usage"]!["prompt_tokens"]!, (int)answer["usage"]!["completion_tokens"]!, (int)answer["usage"]!["total_tokens"]!));
    }

    [Fact]
    public async Task Sixteen_tokens_are_written_where_none_are_asked_for()
    {
        JsonNode answer = await _server.JsonAsync(Path, """{"prompt":"The"}""");
        Assert.Equal(16, (int)answer["usage"]!["completion_tokens"]!);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text_whether_streamed_or_not()
    {
        const string Body = """{"prompt":"The river","max_tokens":40,"seed":9,"temperature":0.9STREAM}""";
        string whole = (string)(await _server.JsonAsync(Path, Body.Replace("STREAM", "", StringComparison.Ordinal)))["choices"]![0]!["text"]!;
        List<JsonNode> events = await _server.EventsAsync(Path, Body.Replace("STREAM", ",\"stream\":true", StringComparison.Ordinal));
        Assert.Equal(whole, string.Concat(events.Select(item => (string)item["choices"]![0]!["text"]!)));
        Assert.All(events, item => Assert.Equal("text_completion", (string)item["object"]!));
        Assert.Single(events.Select(item => (string)item["id"]!).Distinct());
        Assert.All(events[..^1], item => Assert.Null(item["choices"]![0]!["finish_reason"]));
        Assert.Equal("length", (string)events[^1]["choices"]![0]!["finish_reason"]!);
        Assert.All(events, item => Assert.False(item.AsObject().ContainsKey("usage")));
    }

    [Fact]
    public async Task Usage_comes_in_an_event_of_its_own_and_is_null_in_the_others()
    {
        List<JsonNode> events = await _server.EventsAsync(Path, """{"prompt":"The","max_tokens":3,"stream":true,"stream_options":{"include_usage":true}}""");
        Assert.All(events[..^1], item => Assert.True(item.AsObject().ContainsKey("usage") && item["usage"] is null));
        Assert.Empty(events[^1]["choices"]!.AsArray());
        Assert.Equal(3, (int)events[^1]["usage"]!["completion_tokens"]!);
        await _server.RefusedAsync(400, Path, """{"prompt":"The","stream_options":{"include_usage":true}}""", "stream_options");
    }

    /// <summary>The bits of <c>txl score</c>, which is what <see cref="Scorer"/> gives.</summary>
    [Theory]
    [InlineData(SmallModels.Characters)]
    [InlineData(SmallModels.Bytes)]
    public async Task Echo_gives_the_log_probabilities_of_the_scorer(string model)
    {
        ModelFolder folder = ModelFolder.Load(_server.FolderOf(model));
        using CpuBackend backend = new(threads: 1);
        string text = string.Concat(Enumerable.Repeat(Text, 3));
        ScoringOptions options = ScoringOptions.ForTrained(folder.Configuration.Context) with { Top = 2 };
        List<TokenScore> scores = [];
        await foreach (TokenScore score in new Scorer(folder.Model, folder.Vocabulary, backend).ScoreAsync(text, options))
        {
            scores.Add(score);
        }

        JsonNode answer = await _server.JsonAsync(Path, new JsonObject { ["model"] = model, ["prompt"] = text, ["max_tokens"] = 0, ["logprobs"] = 2, ["echo"] = true }.ToJsonString());
        JsonNode logprobs = answer["choices"]![0]!["logprobs"]!;
        double?[] values = [.. logprobs["token_logprobs"]!.AsArray().Select(value => (double?)value)];
        Assert.Equal(text, (string)answer["choices"]![0]!["text"]!);
        Assert.Equal(scores.Count, values.Length);
        Assert.Null(values[0]);
        Assert.Null(logprobs["top_logprobs"]![0]);
        Assert.Equal(scores.Skip(1).Select(score => (double?)-score.Nll), values.Skip(1));
        Assert.Equal(scores.Skip(1).Select(score => score.Top[0].LogProbability), logprobs["top_logprobs"]!.AsArray().Skip(1).Select(top => top!.AsObject().Max(entry => (double)entry.Value!)));
        Assert.Equal(0, (int)answer["usage"]!["completion_tokens"]!);
    }

    [Fact]
    public async Task Tokens_begin_where_their_offsets_say()
    {
        JsonNode answer = await _server.JsonAsync(Path, new JsonObject { ["prompt"] = Text, ["max_tokens"] = 12, ["logprobs"] = 0, ["echo"] = true, ["seed"] = 1 }.ToJsonString());
        JsonNode choice = answer["choices"]![0]!, logprobs = choice["logprobs"]!;
        string[] tokens = [.. logprobs["tokens"]!.AsArray().Select(token => (string)token!)];
        System.Text.Rune[] runes = [.. ((string)choice["text"]!).EnumerateRunes()];
        Assert.Equal(((string)choice["text"]!), string.Concat(tokens));
        Assert.Equal(runes.Length, tokens.Length);
        Assert.Equal(Enumerable.Range(0, tokens.Length), logprobs["text_offset"]!.AsArray().Select(offset => (int)offset!));
        Assert.All(logprobs["top_logprobs"]!.AsArray().Skip(1).Zip(tokens.Skip(1)), pair => Assert.Equal([pair.Second], pair.First!.AsObject().Select(entry => entry.Key)));
    }

    [Fact]
    public async Task A_token_that_is_a_part_of_a_character_is_named_by_its_bytes()
    {
        JsonNode answer = await _server.JsonAsync(Path, """{"model":"bytes","prompt":"é€","max_tokens":0,"logprobs":1,"echo":true}""");
        JsonNode logprobs = answer["choices"]![0]!["logprobs"]!;
        Assert.Equal(["bytes:\\xc3", "bytes:\\xa9", "bytes:\\xe2", "bytes:\\x82", "bytes:\\xac"], logprobs["tokens"]!.AsArray().Select(token => (string)token!));
        Assert.Equal([0, 0, 1, 1, 1], logprobs["text_offset"]!.AsArray().Select(offset => (int)offset!));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_have_the_places_of_the_characters_that_replace_them()
    {
        JsonNode answer = await _server.JsonAsync(Path, """{"model":"bytes","prompt":[65,165,165,66],"max_tokens":0,"logprobs":1,"echo":true}""");
        JsonNode choice = answer["choices"]![0]!, logprobs = choice["logprobs"]!;
        Assert.Equal("A\uFFFD\uFFFDB", (string)choice["text"]!);
        Assert.Equal([0, 1, 2, 3], logprobs["text_offset"]!.AsArray().Select(offset => (int)offset!));
        string[] tokens = [.. logprobs["tokens"]!.AsArray().Select(token => (string)token!)];
        for (int i = 1; i < tokens.Length; i++)
        {
            Assert.Equal((double)logprobs["token_logprobs"]![i]!, (double)logprobs["top_logprobs"]![i]![tokens[i]]!);
        }
    }

    [Fact]
    public async Task What_follows_a_part_of_a_character_stands_after_its_replacement()
    {
        JsonNode answer = await _server.JsonAsync(Path, """{"model":"bytes","prompt":[65,236,66,226,130,67,195,169],"max_tokens":0,"logprobs":1,"echo":true}""");
        JsonNode choice = answer["choices"]![0]!;
        Assert.Equal("A\uFFFDB\uFFFDC\u00e9", (string)choice["text"]!);
        Assert.Equal([0, 1, 2, 3, 3, 4, 5, 5], choice["logprobs"]!["text_offset"]!.AsArray().Select(offset => (int)offset!));
    }

    [Fact]
    public async Task A_body_with_a_byte_order_mark_is_read_and_one_with_an_encoding_is_refused()
    {
        Assert.Equal(HttpStatusCode.OK, (await _server.PostAsync(Path, "\uFEFF" + """{"prompt":"a","max_tokens":1}""")).Status);
        using StringContent packed = new("""{"prompt":"a","max_tokens":1}""");
        packed.Headers.ContentEncoding.Add("gzip");
        using HttpResponseMessage refused = await _server.Client.PostAsync(new Uri(Path, UriKind.Relative), packed);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        Assert.Contains("the body has the encoding 'gzip'", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_are_joined_by_spaces_also_among_the_alternatives()
    {
        JsonNode answer = await _server.JsonAsync(Path, """{"model":"words","prompt":"the river","max_tokens":6,"logprobs":5,"seed":2}""");
        JsonNode choice = answer["choices"]![0]!, logprobs = choice["logprobs"]!;
        string[] tokens = [.. logprobs["tokens"]!.AsArray().Select(token => (string)token!)];
        Assert.Equal((string)choice["text"]!, string.Concat(tokens));
        Assert.All(logprobs["top_logprobs"]!.AsArray().Zip(tokens), pair => Assert.Contains(pair.Second, pair.First!.AsObject().Select(entry => entry.Key)));
        Assert.Contains(logprobs["top_logprobs"]![0]!.AsObject(), entry => entry.Key == " stone");
    }

    [Fact]
    public async Task Offsets_of_an_echo_of_words_are_places_of_its_text_whatever_the_white_space_and_the_unknown_words()
    {
        string text = "\uFEFFthe   river\n\n  keeps \ud83d\udc27penguin  a ";
        JsonNode answer = await _server.JsonAsync(Path, new JsonObject { ["model"] = "words", ["prompt"] = text, ["echo"] = true, ["logprobs"] = 0, ["max_tokens"] = 2, ["seed"] = 2 }.ToJsonString());
        JsonNode choice = answer["choices"]![0]!, logprobs = choice["logprobs"]!;
        Assert.StartsWith(text, (string)choice["text"]!, StringComparison.Ordinal);
        Assert.Equal(["the", " river", "\n", "\n", "keeps", " <unk>", " a"], logprobs["tokens"]!.AsArray().Take(7).Select(token => (string)token!));
        int[] offsets = [.. logprobs["text_offset"]!.AsArray().Select(offset => (int)offset!)];
        Assert.Equal([0, 4, 12, 13, 14, 21, 30, 34], offsets[..8]);
        Assert.Equal(34 + ((string)logprobs["tokens"]![7]!).EnumerateRunes().Count(), offsets[8]);
    }

    [Theory]
    [InlineData("5", "a number")]
    [InlineData("{}", "an object")]
    public async Task Stop_may_be_a_string_or_strings(string stop, string kind)
    {
        Answer answer = await _server.PostAsync(Path, $$"""{"prompt":"a","stop":{{stop}}}""");
        Assert.Equal((HttpStatusCode.BadRequest, $"stop is {kind}, but must be a string, or an array of strings"), (answer.Status, (string)answer.Error()["message"]!));
    }

    [Fact]
    public async Task Several_prompts_and_samples_are_as_each_alone()
    {
        JsonNode both = await _server.JsonAsync(Path, """{"prompt":["The river","A stone"],"max_tokens":9,"n":2,"seed":4}""");
        Assert.Equal([0, 1, 2, 3], both["choices"]!.AsArray().Select(choice => (int)choice!["index"]!));
        (string Prompt, int Seed)[] alone = [("The river", 4), ("The river", 5), ("A stone", 4), ("A stone", 5)];
        for (int i = 0; i < alone.Length; i++)
        {
            JsonNode one = await _server.JsonAsync(Path, $$"""{"prompt":"{{alone[i].Prompt}}","max_tokens":9,"seed":{{alone[i].Seed}}}""");
            Assert.Equal((string)one["choices"]![0]!["text"]!, (string)both["choices"]![i]!["text"]!);
        }

        Assert.Equal((9 + 7, 4 * 9), ((int)both["usage"]!["prompt_tokens"]!, (int)both["usage"]!["completion_tokens"]!));
        List<JsonNode> events = await _server.EventsAsync(Path, """{"prompt":["The river","A stone"],"max_tokens":9,"n":2,"seed":4,"stream":true}""");
        for (int i = 0; i < alone.Length; i++)
        {
            Assert.Equal((string)both["choices"]![i]!["text"]!, string.Concat(events.Select(item => item["choices"]![0]!).Where(choice => (int)choice["index"]! == i).Select(choice => (string)choice["text"]!)));
        }
    }

    [Fact]
    public async Task Token_ids_say_the_same_as_their_text()
    {
        JsonNode tokens = await _server.JsonAsync("/tokenize", """{"prompt":"The river"}""");
        string ids = tokens["tokens"]!.ToJsonString();
        JsonNode text = await _server.JsonAsync(Path, """{"prompt":"The river","max_tokens":9,"seed":4,"echo":true}""");
        JsonNode one = await _server.JsonAsync(Path, $$"""{"prompt":{{ids}},"max_tokens":9,"seed":4,"echo":true}""");
        JsonNode list = await _server.JsonAsync(Path, $$"""{"prompt":[{{ids}}],"max_tokens":9,"seed":4,"echo":true}""");
        Assert.StartsWith("The river", (string)text["choices"]![0]!["text"]!, StringComparison.Ordinal);
        Assert.Equal((string)text["choices"]![0]!["text"]!, (string)one["choices"]![0]!["text"]!);
        Assert.Equal((string)text["choices"]![0]!["text"]!, (string)list["choices"]![0]!["text"]!);
    }

    [Fact]
    public async Task A_stop_string_ends_the_text_before_it()
    {
        JsonNode whole = await _server.JsonAsync(Path, """{"prompt":"The","max_tokens":60,"seed":4}""");
        string text = (string)whole["choices"]![0]!["text"]!, stop = text.Substring(20, 2);
        JsonNode answer = await _server.JsonAsync(Path, new JsonObject { ["prompt"] = "The", ["max_tokens"] = 60, ["seed"] = 4, ["stop"] = stop }.ToJsonString());
        Assert.Equal((text[..text.IndexOf(stop, StringComparison.Ordinal)], "stop"), ((string)answer["choices"]![0]!["text"]!, (string)answer["choices"]![0]!["finish_reason"]!));
        answer = await _server.JsonAsync(Path, new JsonObject { ["prompt"] = "The", ["max_tokens"] = 60, ["seed"] = 4, ["stop"] = new JsonArray(stop), ["include_stop_str_in_output"] = true }.ToJsonString());
        Assert.Equal(text[..(text.IndexOf(stop, StringComparison.Ordinal) + stop.Length)], (string)answer["choices"]![0]!["text"]!);
    }

    [Fact]
    public async Task A_biased_token_is_never_or_always_drawn()
    {
        int id = SmallModels.CharacterVocabulary.Encode("x")[0];
        JsonNode always = await _server.JsonAsync(Path, $$$"""{"prompt":"The","max_tokens":8,"temperature":0,"logit_bias":{"{{{id}}}":100}}""");
        Assert.Equal("xxxxxxxx", (string)always["choices"]![0]!["text"]!);
        JsonNode never = await _server.JsonAsync(Path, $$$"""{"prompt":"The","max_tokens":300,"seed":1,"logit_bias":{"{{{id}}}":-100}}""");
        Assert.DoesNotContain("x", (string)never["choices"]![0]!["text"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "prompt")]
    [InlineData("""{"prompt":7}""", "prompt")]
    [InlineData("""{"prompt":[]}""", "prompt")]
    [InlineData("""{"prompt":["a",7]}""", "prompt[1]")]
    [InlineData("""{"prompt":[1,100000]}""", "prompt[1]")]
    [InlineData("""{"prompt":[1,-1]}""", "prompt[1]")]
    [InlineData("""{"prompt":[1,1.5]}""", "prompt[1]")]
    [InlineData("""{"prompt":"a","max_tokens":-1}""", "max_tokens")]
    [InlineData("""{"prompt":"a","max_tokens":1e99}""", "max_tokens")]
    [InlineData("""{"prompt":"a","max_tokens":"3"}""", "max_tokens")]
    [InlineData("""{"prompt":"a","temperature":-0.1}""", "temperature")]
    [InlineData("""{"prompt":"a","temperature":1e999}""", "temperature")]
    [InlineData("""{"prompt":"a","temperature":"hot"}""", "temperature")]
    [InlineData("""{"prompt":"a","top_p":0}""", "top_p")]
    [InlineData("""{"prompt":"a","top_p":1.1}""", "top_p")]
    [InlineData("""{"prompt":"a","n":0}""", "n")]
    [InlineData("""{"prompt":"a","n":100000}""", "n")]
    [InlineData("""{"prompt":"a","logprobs":6}""", "logprobs")]
    [InlineData("""{"prompt":"a","logprobs":true}""", "logprobs")]
    [InlineData("""{"prompt":"a","echo":1}""", "echo")]
    [InlineData("""{"prompt":"a","stream":"yes"}""", "stream")]
    [InlineData("""{"prompt":"a","stop":""}""", "stop")]
    [InlineData("""{"prompt":"a","stop":["a",1]}""", "stop[1]")]
    [InlineData("""{"prompt":"a","seed":1.5}""", "seed")]
    [InlineData("""{"prompt":"a","logit_bias":{"x":1}}""", "logit_bias")]
    [InlineData("""{"prompt":"a","logit_bias":{"99999":1}}""", "logit_bias")]
    [InlineData("""{"prompt":"a","logit_bias":{"1":"a"}}""", "logit_bias.1")]
    [InlineData("""{"prompt":"a","suffix":"b"}""", "suffix")]
    [InlineData("""{"prompt":"a","best_of":2}""", "best_of")]
    [InlineData("""{"prompt":"a","max_tokens":5,"min_tokens":6}""", "min_tokens")]
    [InlineData("""{"prompt":"a","presence_penalty":3}""", "presence_penalty")]
    [InlineData("""{"prompt":"a","model":7}""", "model")]
    [InlineData("""{"prompt":"\ud800"}""", "prompt")]
    [InlineData("""{"prompt":"a","stream":true,"temperature":-1}""", "temperature")]
    public async Task What_cannot_be_done_is_refused_by_name(string body, string param)
    {
        JsonNode error = await _server.RefusedAsync(400, Path, body, param);
        Assert.Equal("invalid_request_error", (string)error["type"]!);
        Assert.Contains(param.Split('.')[0].Split('[')[0], (string)error["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData(",\"seed\":7", 1)]
    public async Task Several_prompts_draw_alike_only_with_a_seed_of_the_client(string seed, int different)
    {
        JsonNode answer = await _server.JsonAsync(Path, $$"""{"prompt":["a","a","a"],"max_tokens":30{{seed}}}""");
        Assert.Equal(different, answer["choices"]!.AsArray().Select(choice => (string)choice!["text"]!).Distinct().Count());
    }

    [Fact]
    public async Task An_echoed_prompt_with_a_byte_order_mark_has_the_places_of_its_tokens()
    {
        JsonNode choice = (await _server.JsonAsync(Path, """{"prompt":"\ufeffab","max_tokens":0,"echo":true,"logprobs":1}"""))["choices"]![0]!;
        Assert.Equal([1, 2], choice["logprobs"]!["text_offset"]!.AsArray().Select(offset => (int)offset!));
    }

    [Fact]
    public async Task An_unknown_model_is_not_found()
    {
        JsonNode error = await _server.RefusedAsync(404, Path, """{"model":"gpt","prompt":"a"}""", "model");
        Assert.Equal("model_not_found", (string)error["code"]!);
        Assert.Contains("characters, bytes, words", (string)error["message"]!, StringComparison.Ordinal);
    }
}
