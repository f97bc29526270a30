using System.Text.Json;
using TransformerXL.Heads;
using TransformerXL.Interchange;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>What a user does with an XLNet of Hugging Face's library: import, info, fill masks, predict, embed, attention, train on, export.</summary>
public sealed class XlnetCommandTests : IDisposable
{
    private static readonly string[] s_pieces = ["\u2581the", "\u2581rain", "\u2581sun", "\u2581is", "\u2581wet", "\u2581dry", ".", "\u2581who", "\u2581ada", "\u2581play", "ing", "s", "\u2581"];

    private readonly TemporaryFolder _folder = new();

    private string Imported => _folder["imported"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Masks_are_filled_and_texts_are_scored_by_the_query_stream()
    {
        await ImportAsync(null, model => model.Softmax.Biases[0].Value.Span[7 + 4] = 30);
        JsonElement line = Assert.Single(Lines(await FakeTerminal.OutputOf("fill-mask", Imported, "the <mask> is [MASK].", "--top", "2", "--json", "--threads", "1")));
        JsonElement[] masks = [.. line.GetProperty("masks").EnumerateArray()];
        Assert.Equal(2, masks.Length);
        Assert.All(masks, tokens => Assert.Equal(7 + 4, tokens[0].GetProperty("id").GetInt32()));
        JsonElement[] scores = Lines(await FakeTerminal.OutputOf("score", Imported, _folder.Write("text.txt", "the rain is wet"), "--threads", "1"));
        Assert.Equal(["\u2581the", "\u2581rain", "\u2581is", "\u2581wet"], scores.Select(score => score.GetProperty("token").GetString()));
        Assert.Contains("segments of 16", await FakeTerminal.OutputOf("info", Imported), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_words_and_questions_are_predicted_by_imported_heads()
    {
        await ImportAsync(new HeadConfiguration { Labels = ["dry", "wet"], Pooling = HeadPooling.Last, Pooler = true });
        string texts = _folder.Write("texts.jsonl", "{\"text\":\"the rain is wet.\"}\n{\"text\":\"the sun\"}\n{\"text\":\"the rain is wet .\"}\n");
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("predict", Imported, texts, "--threads", "1"));
        Assert.Equal(3, lines.Length);
        Assert.NotEqual(lines[0].GetProperty("probabilities").ToString(), lines[1].GetProperty("probabilities").ToString());

        await ImportAsync(new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-P"], Alignment = PieceAlignment.FirstPiece, Scheme = TagScheme.Iob2 });
        JsonElement labelled = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Imported, _folder.Write("text.txt", "  ada  plays"), "--threads", "1")));
        Assert.Equal([("ada", 2, 5), ("plays", 7, 12)], labelled.GetProperty("words").EnumerateArray().Select(word => (word.GetProperty("word").GetString()!, word.GetProperty("start").GetInt32(), word.GetProperty("end").GetInt32())));

        await ImportAsync(new HeadConfiguration { Kind = HeadKind.Spans });
        const string Context = "ada is playing.";
        JsonElement answered = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Imported, _folder.Write("question.jsonl", $$"""{"question":"who","context":"{{Context}}"}"""), "--threads", "1")));
        int start = answered.GetProperty("start").GetInt32();
        Assert.NotEqual("", answered.GetProperty("answer").GetString());
        Assert.Equal(answered.GetProperty("answer").GetString(), Context[start..answered.GetProperty("end").GetInt32()]);
    }

    [Fact]
    public async Task A_text_of_several_segments_is_read_with_the_memory()
    {
        const string Last = "the rain is wet.";
        string texts = _folder.Write("texts.txt", string.Concat(Enumerable.Repeat(Last, 3).Append(Last)) + "\n" + string.Concat(Enumerable.Repeat("the sun is dry.", 3).Append(Last)) + "\n");
        foreach (int memory in (int[])[0, 16])
        {
            await ImportAsync(new HeadConfiguration { Labels = ["dry", "wet"], Pooling = HeadPooling.Last, Pooler = true }, memory: memory);
            JsonElement[] predicted = Lines(await FakeTerminal.OutputOf("predict", Imported, texts, "--threads", "1"));
            JsonElement[] embedded = Lines(await FakeTerminal.OutputOf("embed", Imported, texts, "--pooling", "last", "--threads", "1"));
            Assert.Equal(memory == 0, predicted[0].GetProperty("probabilities").ToString() == predicted[1].GetProperty("probabilities").ToString());
            Assert.Equal(memory == 0, embedded[0].GetProperty("embedding").ToString() == embedded[1].GetProperty("embedding").ToString());
        }

        string text = _folder.Write("text.txt", string.Concat(Enumerable.Repeat("the rain is wet. the sun is dry.\n", 60)));
        await FakeTerminal.OutputOf("attention", Imported, "--text", text, "--out", _folder["attention"], "--threads", "1");
        Assert.Contains(File.ReadLines(Path.Combine(_folder["attention"], "attention.csv")), line => line.StartsWith("1,1,31,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_embeds_shows_its_attention_is_trained_on_and_exported_again()
    {
        await ImportAsync(null);
        string text = _folder.Write("text.txt", string.Concat(Enumerable.Repeat("the rain is wet. the sun is dry.\n", 60)));
        Assert.Equal(16, Lines(await FakeTerminal.OutputOf("embed", Imported, text, "--threads", "1"))[0].GetProperty("embedding").GetArrayLength());
        await FakeTerminal.OutputOf("attention", Imported, "--text", text, "--out", _folder["attention"], "--threads", "1");
        Assert.Contains("score_e", File.ReadLines(Path.Combine(_folder["attention"], "terms.csv")).First(), StringComparison.Ordinal);

        string examples = _folder.Write("train.jsonl", string.Concat(Enumerable.Repeat("{\"text\":\"the sun\",\"label\":\"dry\"}\n{\"text\":\"rain\",\"label\":\"wet\"}\n", 8)));
        await FakeTerminal.OutputOf("train", "--task", "classify", "--init", Imported, "--pooling", "last", "--pooler", "--train", examples, "--valid", examples, "--steps", "4", "--warmup", "1", "--batch", "4", "--validate-every", "4", "--out", _folder["classes"], "--threads", "1");
        await FakeTerminal.OutputOf("predict", _folder["classes"], _folder.Write("one.txt", "rain"), "--threads", "1");
        await FakeTerminal.OutputOf("export", _folder["classes"], "--out", _folder["exported"]);
        string configuration = File.ReadAllText(_folder["exported/config.json"]);
        Assert.Contains("XLNetForSequenceClassification", configuration, StringComparison.Ordinal);
        Assert.Contains("\"summary_type\": \"last\"", configuration, StringComparison.Ordinal);

        await FakeTerminal.OutputOf("train", "--init", Imported, "--data", text, "--steps", "4", "--warmup", "1", "--batch", "4", "--validate-every", "4", "--out", _folder["more"], "--threads", "1");
        Assert.Contains("accuracy", await FakeTerminal.OutputOf("evaluate", _folder["more"], "--threads", "1"), StringComparison.Ordinal);
        await FakeTerminal.OutputOf("export", _folder["more"], "--out", _folder["more-exported"]);
        Assert.Contains("XLNetLMHeadModel", File.ReadAllText(_folder["more-exported/config.json"]), StringComparison.Ordinal);
    }

    private static JsonElement[] Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Exports a small XLNet under the names of Hugging Face's library, and imports it by the command line.</summary>
    private async Task ImportAsync(HeadConfiguration? head, Action<LanguageModel>? change = null, int memory = 0)
    {
        string own = _folder["own"], exported = _folder["checkpoint"];
        foreach (string folder in (string[])[own, exported, Imported])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Directory.CreateDirectory(own);
        File.WriteAllText(Path.Combine(own, "tokenizer.json"), XlnetTokenizer.Json(s_pieces));
        Vocabulary vocabulary = UnigramTokenizerJson.Load(Path.Combine(own, "tokenizer.json"));
        File.Delete(Path.Combine(own, "tokenizer.json"));
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = memory };
        ModelConfiguration configuration = XlnetEncoders.WithParts(new EncoderConfiguration
        {
            VocabularySize = 1,
            Layers = 2,
            ModelSize = 16,
            Heads = 2,
            InitialDeviation = 0.3f,
            LayerNormEpsilon = 1e-12f,
        }).For(vocabulary, context);
        LanguageModel model = LanguageModel.Create(configuration, 5);
        change?.Invoke(model);
        ModelFolder.Save(own, model, vocabulary, new ModelFolderConfiguration { Model = configuration, Context = context, Head = head }, head is null ? null : new TaskHead(head, 16, 7, 0.5f));
        ModelExporter.Export(ModelFolder.Load(own), exported, ExportFormat.HuggingFace);
        File.Delete(Path.Combine(exported, "vocabulary.json"));
        string output = await FakeTerminal.OutputOf("import", exported, "--out", Imported, "--target", "16", "--memory", $"{memory}");
        Assert.Contains("encoder, 2 layers of 16", output, StringComparison.Ordinal);
    }
}
