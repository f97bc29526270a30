using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What a user does with an encoder of Hugging Face's library: import, fill masks, predict, embed, train on, export.</summary>
public sealed class EncoderCommandTests : IDisposable
{
    private static readonly string[] s_pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "play", "##ing", "is", "wet", "rain", "sun", ".", "who", "ada", "caf", "##e", "##s"];

    private readonly TemporaryFolder _folder = new();

    private string Imported => _folder["imported"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("[MASK]", "word-pieces", "play")]
    [InlineData("[MASK]", "byte-pairs", "q")]
    [InlineData("<mask>", "byte-pairs", "q")]
    [InlineData("[MASK]", "unigram", "▁play")]
    [InlineData("<mask>", "unigram", "ing")]
    public async Task Masks_are_filled_with_the_most_probable_tokens(string mask, string kind, string token)
    {
        Vocabulary vocabulary = Of(kind);
        int likely = Enumerable.Range(0, vocabulary.Count).Single(id => vocabulary.Describe(id) == token);
        await ImportAsync(vocabulary, null, model => model.Softmax.Biases[0].Value.Span[likely] = 30);
        JsonElement line = Assert.Single(Lines(await FakeTerminal.OutputOf("fill-mask", Imported, $"the {mask} is {mask}.", "--top", "3", "--json", "--threads", "1")));
        Assert.Equal($"the {mask} is {mask}.", line.GetProperty("text").GetString());
        JsonElement[] masks = [.. line.GetProperty("masks").EnumerateArray()];
        Assert.Equal(2, masks.Length);
        Assert.All(masks, tokens =>
        {
            double[] probabilities = [.. tokens.EnumerateArray().Select(token => token.GetProperty("probability").GetDouble())];
            Assert.Equal(3, probabilities.Length);
            Assert.Equal(probabilities.OrderDescending(), probabilities);
            Assert.InRange(probabilities.Sum(), 0.99, 1);
            Assert.Equal((token, likely), (tokens[0].GetProperty("token").GetString(), tokens[0].GetProperty("id").GetInt32()));
        });

        string table = await FakeTerminal.OutputOf("fill-mask", Imported, $"the {mask} is {mask}.", "--top", "1", "--threads", "1");
        Assert.Matches($"^1\t[01]\\.\\d{{4}}\t{token}\r?\n2\t[01]\\.\\d{{4}}\t{token}\r?\n$", table);
    }

    [Theory]
    [InlineData("byte-pairs")]
    [InlineData("unigram")]
    public async Task White_space_before_a_mask_of_Roberta_belongs_to_the_mask(string kind)
    {
        await ImportAsync(Of(kind), null);
        async Task<string> Filled(string text) => Lines(await FakeTerminal.OutputOf("fill-mask", Imported, text, "--json", "--threads", "1"))[0].GetProperty("masks").ToString();
        Assert.Equal(await Filled("the<mask> x"), await Filled("the <mask> x"));

        // A text after a mask begins a word of a unigram vocabulary, with or without a space.
        Assert.Equal(kind == "unigram", await Filled("the<mask> x") == await Filled("the<mask>x"));
    }

    [Fact]
    public async Task Lines_of_standard_input_are_filled_and_texts_without_a_mask_are_refused()
    {
        await ImportAsync(new WordPieceVocabulary(s_pieces), null);
        using FakeTerminal piped = new(input: "the [MASK] is wet\n[MASK]\n");
        Assert.Equal(ExitCode.Ok, await piped.RunAsync("fill-mask", Imported, "-", "--json", "--threads", "1"));
        Assert.Equal(["the [MASK] is wet", "[MASK]"], Lines(piped.Out).Select(line => line.GetProperty("text").GetString()));
        Assert.Contains("has no [MASK]", await ErrorOf(ExitCode.BadInput, "fill-mask", Imported, "the rain"), StringComparison.Ordinal);
        using FakeTerminal lines = new(input: "the [MASK]\n\nthe rain\n");
        Assert.Equal(ExitCode.BadInput, await lines.RunAsync("fill-mask", Imported, "-", "--threads", "1"));
        Assert.Contains("'standard input', line 3: the text has no [MASK]", lines.Error, StringComparison.Ordinal);
        Assert.Contains("at most 14", await ErrorOf(ExitCode.BadInput, "fill-mask", Imported, string.Concat(Enumerable.Repeat("the ", 20)) + "[MASK]"), StringComparison.Ordinal);
        Assert.Contains("--top", await ErrorOf(ExitCode.WrongUsage, "fill-mask", Imported, "[MASK]", "--top", "0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_the_next_token_and_an_encoder_without_the_head_fill_no_masks()
    {
        await ImportAsync(new WordPieceVocabulary(s_pieces), null, predictsMasks: false);
        Assert.Contains("no head that predicts masked tokens", await ErrorOf(ExitCode.BadInput, "fill-mask", Imported, "the [MASK]", "--threads", "1"), StringComparison.Ordinal);
        Assert.Equal(16, Lines(await FakeTerminal.OutputOf("embed", Imported, _folder.Write("text.txt", "the rain\n"u8), "--threads", "1"))[0].GetProperty("embedding").GetArrayLength());
    }

    [Fact]
    public async Task Texts_and_pairs_are_classified_by_an_imported_head()
    {
        HeadConfiguration head = new() { Labels = ["dry", "wet"], Pooling = HeadPooling.First };
        await ImportAsync(new WordPieceVocabulary(s_pieces), head);
        string texts = _folder.Write("texts.jsonl", "{\"text\":\"The rain is wet.\"}\n{\"text\":\"Playing\"}\n{\"text\":\"the rain is wet .\"}\n");
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("predict", Imported, texts, "--threads", "1"));
        Assert.Equal(3, lines.Length);
        Assert.Equal(lines[0].GetProperty("probabilities").ToString(), lines[2].GetProperty("probabilities").ToString());
        Assert.NotEqual(lines[0].GetProperty("probabilities").ToString(), lines[1].GetProperty("probabilities").ToString());
        Assert.All(lines, line => Assert.Contains(line.GetProperty("label").GetString(), head.Labels));

        string page = _folder["why.html"];
        JsonElement[] explained = Lines(await FakeTerminal.OutputOf("predict", Imported, texts, "--explain-page", page, "--threads", "1"));
        Assert.True(File.Exists(page));
        Assert.Contains("Play", explained[1].GetProperty("explanation").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_imported_head_is_measured_on_examples_without_baselines()
    {
        HeadConfiguration head = new() { Labels = ["dry", "wet"], Pooling = HeadPooling.First };
        await ImportAsync(new WordPieceVocabulary(s_pieces), head);
        string[] texts = ["The rain is wet.", "Playing", "is is is"];
        string[] predicted = [.. Lines(await FakeTerminal.OutputOf("predict", Imported, _folder.Write("texts.txt", string.Join('\n', texts)), "--threads", "1")).Select(line => line.GetProperty("label").GetString()!)];
        string[] labels = [predicted[0], predicted[1], predicted[2] == "dry" ? "wet" : "dry"];
        string examples = _folder.Write("examples.csv", "text,label\n" + string.Concat(texts.Zip(labels, (text, label) => $"{text},{label}\n")));
        JsonElement measured = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Imported, "--data", examples, "--json", "--threads", "1")));
        Assert.Equal(2.0 / 3, measured.GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.False(measured.TryGetProperty("baselines", out _));
        Assert.Contains("line 2", await ErrorOf(ExitCode.BadInput, "evaluate", Imported, "--data", _folder.Write("other.csv", "text,label\nrain,damp\n"), "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("the label 'damp' is not one of the model's", await ErrorOf(ExitCode.BadInput, "evaluate", Imported, "--data", _folder["other.csv"], "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("name some with --data", await ErrorOf(ExitCode.BadInput, "evaluate", Imported, "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("has no labels", await ErrorOf(ExitCode.BadInput, "evaluate", Imported, "--data", _folder.Write("none.jsonl", "{\"text\":\"rain\"}\n"), "--threads", "1"), StringComparison.Ordinal);

        Directory.Delete(Imported, recursive: true);
        await ImportAsync(new WordPieceVocabulary(s_pieces), new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-P", "I-P"], Alignment = PieceAlignment.FirstPiece, Scheme = TagScheme.Iob2 });
        measured = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Imported, "--data", _folder.Write("words.txt", "rain O\nis B-P\n\nwet O\n"), "--format", "conll", "--json", "--threads", "1")));
        Assert.Equal(2, measured.GetProperty("examples").GetInt32());

        Directory.Delete(Imported, recursive: true);
        await ImportAsync(new WordPieceVocabulary(s_pieces), new HeadConfiguration { Kind = HeadKind.Spans });
        measured = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Imported, "--data", _folder.Write("questions.jsonl", """{"question":"who","context":"the rain","answers":[{"text":"rain","answer_start":4}]}"""), "--json", "--threads", "1")));
        Assert.Equal(1, measured.GetProperty("examples").GetInt32());
    }

    [Fact]
    public async Task Options_of_the_next_token_are_refused_by_a_score_of_masked_tokens()
    {
        await ImportAsync(new WordPieceVocabulary(s_pieces), null);
        string text = _folder.Write("text.txt", "the rain is wet\n");
        foreach (string[] option in (string[][])[["--memory", "8"], ["--clamp", "3"], ["--precision", "bf16"]])
        {
            Assert.Contains($"{option[0]} is for models that predict the next token", await ErrorOf(ExitCode.BadInput, ["score", Imported, text, "--threads", "1", .. option]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_line_without_tokens_has_the_vector_of_its_special_tokens()
    {
        await ImportAsync(new WordPieceVocabulary(s_pieces), null);
        JsonElement[] vectors = Lines(await FakeTerminal.OutputOf("embed", Imported, _folder.Write("text.txt", "the\n\u0301\nrain\n"), "--threads", "1"));
        Assert.Equal([1, 2, 3], vectors.Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal(16, vectors[1].GetProperty("embedding").GetArrayLength());
    }

    [Theory]
    [InlineData("word-pieces")]
    [InlineData("byte-pairs")]
    [InlineData("unigram")]
    public async Task Words_and_answers_have_places_in_the_original_text(string kind)
    {
        Vocabulary vocabulary = Of(kind);
        await ImportAsync(vocabulary, new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-P"], Alignment = PieceAlignment.FirstPiece, Scheme = TagScheme.Iob2 });
        JsonElement labelled = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Imported, _folder.Write("text.txt", "  Ada  Caf\u00e9s"), "--threads", "1")));
        Assert.Equal([("Ada", 2, 5), ("Caf\u00e9s", 7, 12)], labelled.GetProperty("words").EnumerateArray().Select(word => (word.GetProperty("word").GetString()!, word.GetProperty("start").GetInt32(), word.GetProperty("end").GetInt32())));

        Directory.Delete(Imported, recursive: true);
        await ImportAsync(vocabulary, new HeadConfiguration { Kind = HeadKind.Spans });
        const string Context = "Ada is playing.";
        JsonElement answered = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Imported, _folder.Write("question.jsonl", $$"""{"question":"who","context":"{{Context}}"}"""), "--threads", "1")));
        int start = answered.GetProperty("start").GetInt32();
        Assert.Equal(answered.GetProperty("answer").GetString(), Context[start..answered.GetProperty("end").GetInt32()]);
        Assert.NotEqual("", answered.GetProperty("answer").GetString());
    }

    [Fact]
    public async Task A_sentence_encoder_embeds_as_its_files_say_unless_options_do()
    {
        await ImportAsync(new WordPieceVocabulary(s_pieces), null, embedding: new EmbeddingConfiguration { Pooling = EmbeddingPooling.First, Normalizes = true });
        string text = _folder.Write("text.txt", "the rain is wet\n");
        async Task<string> Embedded(params string[] options) => Lines(await FakeTerminal.OutputOf(["embed", Imported, text, "--threads", "1", .. options]))[0].GetProperty("embedding").ToString();
        Assert.Equal(await Embedded("--pooling", "first"), await Embedded());
        Assert.NotEqual(await Embedded("--pooling", "mean"), await Embedded());
        double[] vector = JsonSerializer.Deserialize<double[]>(await Embedded())!;
        Assert.Equal(1, Math.Sqrt(vector.Sum(value => value * value)), 5);
    }

    [Theory]
    [InlineData("word-pieces", "BertForSequenceClassification")]
    [InlineData("unigram", "XLMRobertaForSequenceClassification")]
    public async Task An_imported_encoder_is_trained_on_for_a_task_and_on_a_text_and_exported_again(string kind, string exportedClass)
    {
        await ImportAsync(Of(kind), null, pooler: kind == "word-pieces");
        string examples = _folder.Write("train.jsonl", string.Concat(Enumerable.Repeat("{\"text\":\"the sun\",\"label\":\"dry\"}\n{\"text\":\"rain\",\"label\":\"wet\"}\n", 8)));
        await FakeTerminal.OutputOf("train", "--task", "classify", "--init", Imported, "--pooling", "first", "--train", examples, "--valid", examples, "--steps", "4", "--warmup", "1", "--batch", "4", "--validate-every", "4", "--out", _folder["classes"], "--threads", "1");
        await FakeTerminal.OutputOf("predict", _folder["classes"], _folder.Write("text.txt", "rain"), "--threads", "1");
        string exported = await FakeTerminal.OutputOf("export", _folder["classes"], "--out", _folder["exported"]);
        Assert.All(["config.json", "model.safetensors", "tokenizer.json", .. kind == "word-pieces" ? ["vocab.txt"] : (string[])[]], name => Assert.Contains(name, exported, StringComparison.Ordinal));
        Assert.Contains($"\"{exportedClass}\"", File.ReadAllText(_folder["exported/config.json"]), StringComparison.Ordinal);

        string text = _folder.Write("text.txt", string.Concat(Enumerable.Repeat("The rain is wet. The sun is playing.\n", 60)));
        await FakeTerminal.OutputOf("train", "--init", Imported, "--data", text, "--steps", "4", "--warmup", "1", "--batch", "4", "--validate-every", "4", "--out", _folder["more"], "--threads", "1");
        Assert.Contains("accuracy", await FakeTerminal.OutputOf("evaluate", _folder["more"], "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("the layout of the reference", await ErrorOf(ExitCode.BadInput, "export", Imported, "--out", _folder["other"], "--format", "reference"), StringComparison.Ordinal);
    }

    // The token between texts lies beyond the 256 tokens that the check of the memory assumes before the text is read.
    [Theory]
    [InlineData("--task", "classify", "--train", "examples.jsonl", "--valid", "examples.jsonl", "--pooling", "first")]
    [InlineData("--task", "classify", "--train", "examples.jsonl", "--valid", "examples.jsonl", "--layers", "1")]
    [InlineData("--data", "text.txt", "--layers", "1", "--model-size", "8")]
    [InlineData("--data", "text.txt", "--memory", "0")]
    public async Task An_encoder_of_many_tokens_is_trained_on_also_where_options_repeat_its_sizes(params string[] options)
    {
        _folder.Write("text.txt", string.Concat(Enumerable.Range(0, 1200).Select(word => $"word{word % 300}{(word % 10 == 9 ? "\n" : " ")}")));
        _folder.Write("examples.jsonl", string.Concat(Enumerable.Range(0, 8).Select(i => $"{{\"text\":\"word{i}\",\"label\":\"{i % 2}\"}}\n")));
        string[] few = ["--steps", "2", "--batch", "2", "--threads", "1"];
        await FakeTerminal.OutputOf(["train", "--model", "encoder", "--data", _folder["text.txt"], "--vocabulary", "words", "--layers", "1", "--model-size", "8", "--heads", "2", "--target", "16", "--out", _folder["encoder"], .. few]);
        await FakeTerminal.OutputOf(["train", "--init", _folder["encoder"], "--out", _folder["next"], .. options.Select(option => option.Contains('.', StringComparison.Ordinal) ? _folder[option] : option), .. few]);
        Assert.Equal(2, ModelFolder.Load(_folder["next"], "last").Step);
        await FakeTerminal.OutputOf(["train", "--config", _folder["encoder/config.json"], "--data", _folder["text.txt"], "--out", _folder["same"], .. few]);
        Assert.Equal(2, ModelFolder.Load(_folder["same"], "last").Step);
    }

    private static JsonElement[] Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static async Task<string> ErrorOf(int code, params string[] line)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(code, await terminal.RunAsync(line));
        return terminal.Error;
    }

    private static Vocabulary Of(string kind) => kind switch
    {
        "byte-pairs" => Roberta(),
        "unigram" => XlmRoberta(),
        _ => new WordPieceVocabulary(s_pieces),
    };

    private static UnigramVocabulary XlmRoberta() => new(
    [
        new("<s>", 0, UnigramPieceKind.Control), new("<pad>", 0, UnigramPieceKind.Control), new("</s>", 0, UnigramPieceKind.Control), new("<unk>", 0, UnigramPieceKind.Unknown),
        .. new[] { "▁", "▁the", "▁play", "ing", "▁is", "▁wet", "▁rain", "▁sun", ".", "▁who", "A", "d", "a", "s", "▁Ca", "f", "é", "P", "l", "y", "x" }.Select(piece => new UnigramPiece(piece, -4)),
        new("<mask>", 0, UnigramPieceKind.Control),
    ]);

    private static BytePairVocabulary Roberta()
    {
        using TemporaryFolder folder = new();
        string[] names = ["<s>", "<pad>", "</s>", "<unk>", .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])), "th", "the", "<mask>"];
        File.WriteAllText(folder["vocab.json"], JsonSerializer.Serialize(names.Select((name, id) => KeyValuePair.Create(name, id)).ToDictionary()));
        File.WriteAllText(folder["merges.txt"], "#version: 0.2\nt h\nth e\n");
        return VocabularyAndMerges.Load(folder["vocab.json"], folder["merges.txt"]);
    }

    /// <summary>Exports a small encoder under the names of Hugging Face's library, and imports it by the command line.</summary>
    private async Task ImportAsync(
        Vocabulary vocabulary, HeadConfiguration? head, Action<LanguageModel>? change = null, bool predictsMasks = true, bool pooler = false, EmbeddingConfiguration? embedding = null)
    {
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = 0 };
        ModelConfiguration configuration = new EncoderConfiguration
        {
            VocabularySize = 1,
            Layers = 2,
            ModelSize = 16,
            Heads = 2,
            InitialDeviation = 0.3f,
            TokenTypes = vocabulary is WordPieceVocabulary ? 2 : 1,
            PredictsMaskedTokens = predictsMasks,
            Pooler = pooler,
            LayerNormEpsilon = 1e-12f,
        }.For(vocabulary, context);
        LanguageModel model = LanguageModel.Create(configuration, 5);
        change?.Invoke(model);
        string own = _folder[$"own{Directory.GetDirectories(_folder["."]).Length}"], exported = own + "-exported";
        ModelFolder.Save(own, model, vocabulary, new ModelFolderConfiguration { Model = configuration, Context = context, Head = head, Embedding = embedding }, head is null ? null : new TaskHead(head, 16, 7, 0.5f));
        ModelExporter.Export(ModelFolder.Load(own), exported, ExportFormat.HuggingFace);
        File.Delete(Path.Combine(exported, "vocabulary.json"));
        string output = await FakeTerminal.OutputOf("import", exported, "--out", Imported);
        Assert.Contains("encoder, 2 layers of 16", output, StringComparison.Ordinal);
    }
}
