using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>Checkpoints under the names of Hugging Face's library, written and computed by tests/python/huggingface_encoder.py in float64.</summary>
public sealed class EncoderImportTests : IDisposable
{
    private const int Size = 12;

    private readonly TemporaryFolder _folder = new();
    private readonly CpuBackend _backend = new(null, 2);

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (string type in new[] { "bert", "distilbert", "roberta", "xlm-roberta" })
        {
            foreach (string head in new[] { "masked", "sequence", "token", "question", "none" })
            {
                cases.Add(type, head);
            }
        }

        cases.Add("bert", "pretraining");
        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void An_imported_encoder_computes_what_its_definition_does_and_leaves_with_the_same_bits(string type, string head)
    {
        JsonElement[] texts = Write(type, head);
        ImportedModel imported = ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        ModelFolder model = ModelFolder.Load(_folder["model"]);
        Assert.Equal(head == "pretraining" ? ["cls.seq_relationship.bias", "cls.seq_relationship.weight"] : [], imported.LeftOut);
        new EncoderComparison(model, _backend, 3e-5).Check(texts);
        Assert.Equal(head switch { "sequence" => (HeadKind?)HeadKind.OneLabel, "token" => HeadKind.Tags, "question" => HeadKind.Spans, _ => null }, model.Head?.Configuration.Kind);
        Assert.Equal(head switch { "sequence" => ["w", "x", "y", "z"], "token" => ["O", "B-X", "I-X", "B-Y"], _ => (string[])[] }, model.Head?.Configuration.Labels ?? []);

        // The same program computes from the files alone what it computed when it wrote them.
        string[] again = PythonReference.Run("huggingface_encoder.py", _folder["checkpoint"], JsonSerializer.Serialize(texts.Take(3).Select(EncoderComparison.Ids)));
        Assert.Equal(texts.Take(3).Select(text => text.GetRawText()), again);

        ModelExporter.Export(model, _folder["exported"], ExportFormat.HuggingFace);
        bool isRoberta = type is "roberta" or "xlm-roberta";
        string prefix = head != "none" ? "" : isRoberta ? "roberta." : type + ".";
        // The rows of positions before the first token are those of no token.
        RoundTrip.SameTensors(
            _folder["checkpoint"], _folder["exported"], prefix, leftOut: "cls.seq", name => isRoberta && name.EndsWith("position_embeddings.weight", StringComparison.Ordinal) ? 2 * Size : 0);
        ModelImporter.Import(_folder["exported"], _folder["again"]);
        RoundTrip.SameModels(model, ModelFolder.Load(_folder["again"]));
        RoundTrip.SameConfiguration(_folder["checkpoint"], _folder["exported"], ["transformers_version", .. head == "pretraining" ? ["architectures"] : Array.Empty<string>()]);
    }

    [SkippableFact]
    public void A_pickled_checkpoint_with_gamma_and_beta_is_the_same_model()
    {
        Write("bert", "masked");
        ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(_folder["checkpoint/model.safetensors"]);
        File.Delete(_folder["checkpoint/model.safetensors"]);
        tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"];
        File.WriteAllBytes(_folder["checkpoint/pytorch_model.bin"], PickledTensors.Write(tensors.Select(pair => KeyValuePair.Create(
            pair.Key.Contains("LayerNorm", StringComparison.Ordinal) ? pair.Key.Replace("weight", "gamma", StringComparison.Ordinal).Replace("bias", "beta", StringComparison.Ordinal) : pair.Key, pair.Value))));
        ModelImporter.Import(_folder["checkpoint"], _folder["other"]);
        Assert.Equal(ModelWeights.Fingerprint(ModelFolder.Load(_folder["model"]).Model), ModelWeights.Fingerprint(ModelFolder.Load(_folder["other"]).Model));

        tensors["cls.predictions.decoder.weight"].Values[3] += 1;
        tensors["cls.predictions.decoder.weight"] = ([.. tensors["cls.predictions.decoder.weight"].Values], tensors["cls.predictions.decoder.weight"].Shape);
        tensors["bert.embeddings.word_embeddings.weight"].Values[3] -= 1;
        File.WriteAllBytes(_folder["checkpoint/pytorch_model.bin"], PickledTensors.Write(tensors));
        Assert.Contains("tie_word_embeddings", Refusal(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("hidden_act", "\"gelu_new\"", "gelu_new")]
    [InlineData("position_embedding_type", "\"relative_key\"", "relative_key")]
    [InlineData("is_decoder", "true", "is_decoder")]
    [InlineData("num_attention_heads", "5", "5 heads")]
    [InlineData("num_attention_heads", "0", "0 heads")]
    [InlineData("num_attention_heads", "null", "add num_attention_heads to it")]
    [InlineData("num_attention_heads", "-3", "num_attention_heads")]
    [InlineData("num_hidden_layers", "4", "layers: 4")]
    [InlineData("vocab_size", "62", "62")]
    [InlineData("intermediate_size", "18", "18")]
    [InlineData("max_position_embeddings", "512", "512")]
    [InlineData("type_vocab_size", "3", "token types")]
    [InlineData("layer_norm_eps", "0", "checkpoint: layerNormEpsilon: the epsilon of LayerNorm is 0")]
    [InlineData("layer_norm_eps", "1e999", "layer_norm_eps")]
    [InlineData("architectures", "[\"BertForMultipleChoice\"]", "BertForMultipleChoice")]
    [InlineData("tie_word_embeddings", "\"yes\"", "tie_word_embeddings")]
    [InlineData("tie_word_embeddings", "false", "has no tensor 'cls.predictions.decoder.weight', although 'tie_word_embeddings' is false")]
    public void A_configuration_that_is_not_supported_or_contradicts_the_tensors_is_refused_by_name(string member, string value, string named)
    {
        Write("bert", "masked");
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder["checkpoint/config.json"]))!.AsObject();
        json[member] = 0;
        File.WriteAllText(_folder["checkpoint/config.json"], json.ToJsonString().Replace($"\"{member}\":0", $"\"{member}\":{value}", StringComparison.Ordinal));
        Assert.Contains(named, Refusal(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_bias_that_is_stored_under_two_names_with_different_values_is_refused()
    {
        Write("bert", "masked");
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(_folder["checkpoint/model.safetensors"]);
        (float[] values, long[] shape) = tensors["cls.predictions.bias"];
        StoredTensors.Write(_folder["checkpoint/model.safetensors"], [.. tensors, KeyValuePair.Create("cls.predictions.decoder.bias", (values, shape))]);
        ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        float[] other = [.. values];
        other[5] += 1;
        StoredTensors.Write(_folder["checkpoint/model.safetensors"], [.. tensors, KeyValuePair.Create("cls.predictions.decoder.bias", (other, shape))]);
        Assert.Contains("'cls.predictions.bias' and 'cls.predictions.decoder.bias' are one parameter, but hold different values", Refusal(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("[CLS]")]
    [InlineData("[SEP]")]
    [InlineData("[UNK]")]
    public void A_special_token_that_a_vocabulary_lacks_is_named(string token)
    {
        Write("bert", "masked");
        string path = _folder["checkpoint/vocab.txt"];
        File.WriteAllText(path, File.ReadAllText(path).Replace(token, "zz", StringComparison.Ordinal));
        string refusal = Refusal();
        Assert.Contains(path, refusal, StringComparison.Ordinal);
        Assert.Contains(token, refusal, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Segments_without_room_for_text_are_refused(int length)
    {
        Write("bert", "masked");
        string message = Assert.Throws<InputException>(() => ModelImporter.Import(_folder["checkpoint"], _folder["model"], new ImportOptions { Hints = new ModelDescription { TargetLength = length } })).Message;
        Assert.Contains($"segments of {(length == 1 ? "1 token" : "2 tokens")} have no room for text beside 2 special tokens", message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("id2label", """["a","b","c","d"]""", "config.json': 'id2label' is the list [")]
    [InlineData("id2label", """{"0":"a","1":"b","2":"a","3":"d"}""", "'id2label' has the label 'a' twice")]
    [InlineData("id2label", """{"0":"a","1":2,"2":"c","3":"d"}""", "'id2label' gives '1' the label 2, but a label is a text that is not empty")]
    [InlineData("id2label", """{"0":"a","1":"","2":"c","3":"d"}""", "'id2label' gives '1' the label \"\"")]
    [InlineData("id2label", """{"0":"a","1":"b","2":"c","4":"d"}""", "'id2label' has a member '4', but ids are from 0 to 3")]
    [InlineData("label2id", """{"w":1,"x":0,"y":2,"z":3}""", "'label2id' gives 'w' the id 1, but 'id2label' gives it 0")]
    [InlineData("problem_type", "\"foo\"", "config.json': 'problem_type' is \"foo\"")]
    public void Labels_that_contradict_each_other_are_refused_with_the_file(string member, string value, string message)
    {
        Write("bert", "sequence");
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder["checkpoint/config.json"]))!.AsObject();
        json[member] = JsonNode.Parse(value);
        File.WriteAllText(_folder["checkpoint/config.json"], json.ToJsonString());
        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Tensors_that_are_missing_or_unknown_are_named()
    {
        Write("bert", "masked");
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(_folder["checkpoint/model.safetensors"]);
        StoredTensors.Write(_folder["checkpoint/model.safetensors"], [.. tensors, KeyValuePair.Create("bert.encoder.layer.0.adapter.weight", (new float[2], new long[] { 2 }))]);
        Assert.Contains("adapter", Refusal(), StringComparison.Ordinal);
        tensors.Remove("bert.encoder.layer.1.attention.self.key.bias");
        StoredTensors.Write(_folder["checkpoint/model.safetensors"], tensors);
        Assert.Contains("bert.encoder.layer.1.attention.self.key.bias", Refusal(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_sentence_encoder_brings_its_pooling_and_takes_it_along()
    {
        Write("bert", "none");
        File.WriteAllText(_folder["checkpoint/modules.json"], """
            [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
             {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
            """);
        Directory.CreateDirectory(_folder["checkpoint/1_Pooling"]);
        File.WriteAllText(_folder["checkpoint/1_Pooling/config.json"], """{"word_embedding_dimension": 12, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": false}""");
        ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        ModelFolder model = ModelFolder.Load(_folder["model"]);
        Assert.Equal(new EmbeddingConfiguration { Pooling = EmbeddingPooling.First, Normalizes = true }, model.Configuration.Embedding);

        const string text = "w6 w7 w9";
        float[] vector = new Embedder(model.Model, model.Vocabulary, _backend).EmbedAsync(text, EmbeddingOptions.ForTrained(model.Configuration)).Result;
        int[] ids = [model.Vocabulary.ClassId!.Value, .. model.Vocabulary.Encode(text), model.Vocabulary.SeparatorId!.Value];
        double[] first = new EncoderComparison(model, _backend, 0).States([ids])[0][..Size];
        double length = Math.Sqrt(first.Sum(value => value * value));
        Assert.All(first.Zip(vector), pair => Assert.Equal(pair.First / length, pair.Second, 5));

        ModelExporter.Export(model, _folder["exported"], ExportFormat.HuggingFace);
        ModelExporter.Export(model, _folder["exported"], ExportFormat.HuggingFace, replace: true);
        ModelImporter.Import(_folder["exported"], _folder["again"]);
        Assert.Equal(model.Configuration.Embedding, ModelFolder.Load(_folder["again"]).Configuration.Embedding);

        // Older sentence encoders have the files of the model in a folder of its own.
        string modules = File.ReadAllText(_folder["checkpoint/modules.json"]);
        Directory.CreateDirectory(_folder["older/0_Transformer"]);
        foreach (string file in Directory.EnumerateFiles(_folder["checkpoint"]).Where(file => !file.EndsWith("modules.json", StringComparison.Ordinal)))
        {
            File.Copy(file, _folder[$"older/0_Transformer/{Path.GetFileName(file)}"]);
        }

        Directory.CreateDirectory(_folder["older/1_Pooling"]);
        File.Copy(_folder["checkpoint/1_Pooling/config.json"], _folder["older/1_Pooling/config.json"]);
        File.WriteAllText(_folder["older/modules.json"], modules.Replace("\"path\": \"\"", "\"path\": \"0_Transformer\"", StringComparison.Ordinal));
        foreach ((string from, string to) in ((string, string)[])[("older", "of-modules"), ("older/0_Transformer", "of-model")])
        {
            ModelImporter.Import(_folder[from], _folder[to]);
            Assert.Equal(model.Configuration.Embedding, ModelFolder.Load(_folder[to]).Configuration.Embedding);
        }

        string pooling = File.ReadAllText(_folder["checkpoint/1_Pooling/config.json"]);
        File.WriteAllText(_folder["checkpoint/1_Pooling/config.json"], pooling.Replace("\"pooling_mode_max_tokens\": false", "\"pooling_mode_max_tokens\": true", StringComparison.Ordinal));
        Assert.Contains("2 modes", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["checkpoint/1_Pooling/config.json"], pooling.Replace("cls_token", "weightedmean_tokens", StringComparison.Ordinal));
        Assert.Contains("weightedmean", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["checkpoint/1_Pooling/config.json"], pooling.Replace("12", "768", StringComparison.Ordinal));
        Assert.Contains($"word_embedding_dimension is 768, but the model's hidden states have {Size} values", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["checkpoint/1_Pooling/config.json"], "{ \"a\" 1 }");
        Assert.Contains("line 1, column 7", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["checkpoint/modules.json"], """[{"path": "", "type": "x.Transformer"}, {"path": "2_Normalize", "type": "x.Normalize"}, {"path": "1_Pooling", "type": "x.Pooling"}]""");
        Assert.Contains("the module Normalize comes before Pooling", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["checkpoint/modules.json"], """[{"path": "../secret", "type": "x.Pooling"}]""");
        Assert.Contains("../secret", Refusal(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_head_begins_with_the_pooler_of_the_pre_training()
    {
        Write("bert", "pretraining");
        ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        ModelFolder model = ModelFolder.Load(_folder["model"]);
        TaskHead head = new(new HeadConfiguration { Labels = ["a", "b"], Pooling = HeadPooling.First }, Size, seed: 3);
        head.BeginWithPooler(model.Model);
        float[] stored = StoredTensors.Read(_folder["checkpoint/model.safetensors"])["bert.pooler.dense.weight"].Values;
        Assert.True(Bits.Equal(stored, head.Parameters.Single(parameter => parameter.Name == "pooler.dense.weight").Value.Span));
    }

    [Fact]
    public void An_encoder_that_no_class_can_represent_is_refused_with_every_reason()
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = 4 };
        ModelConfiguration configuration = new EncoderConfiguration { VocabularySize = 1, Layers = 1, ModelSize = 8, Heads = 2, PreNorm = true, Positions = EncoderPositions.Relative }.For(vocabulary, context);
        LanguageModel model = LanguageModel.Create(configuration);
        HeadConfiguration head = new() { Labels = ["a", "b"], Pooling = HeadPooling.Mean };
        ModelFolder.Save(_folder["model"], model, vocabulary, new ModelFolderConfiguration { Model = configuration, Context = context, Head = head }, new TaskHead(head, 8));
        string message = Assert.Throws<InputException>(() => ModelExporter.Export(ModelFolder.Load(_folder["model"]), _folder["exported"], ExportFormat.HuggingFace)).Message;
        Assert.All(["relative positions", "memory of 4", "LayerNorm before", "pooling mean"], reason => Assert.Contains(reason, message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["exported"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Token_types_that_the_tokenizers_of_the_class_do_not_give_are_refused(int types)
    {
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = 0 };
        ModelConfiguration configuration = new EncoderConfiguration { VocabularySize = 1, Layers = 1, ModelSize = 8, Heads = 2, TokenTypes = types }.For(vocabulary, context);
        ModelFolder.Save(_folder["model"], LanguageModel.Create(configuration), vocabulary, new ModelFolderConfiguration { Model = configuration, Context = context });
        string message = Assert.Throws<InputException>(() => ModelExporter.Export(ModelFolder.Load(_folder["model"]), _folder["exported"], ExportFormat.HuggingFace)).Message;
        Assert.Contains($"{types} token types, where BERT has 2", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_padding_of_RoBERTa_is_bounded()
    {
        const string id = "2147483647";
        Write("roberta", "none");
        string json = File.ReadAllText(_folder["checkpoint/config.json"]);
        JsonNode pad = JsonNode.Parse(json)!["pad_token_id"]!;
        File.WriteAllText(_folder["checkpoint/config.json"], json.Replace($"\"pad_token_id\": {pad.ToJsonString()}", $"\"pad_token_id\": {id}", StringComparison.Ordinal));
        Assert.Contains($"the id of the padding is {id}", Refusal(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("problem_type", "5", "'problem_type' is 5, but must be")]
    [InlineData("architectures", "[\"\\ud800\"]", "column")]
    public void Values_of_another_kind_are_refused_in_plain_words(string member, string value, string named)
    {
        Write("bert", "sequence");
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder["checkpoint/config.json"]))!.AsObject();
        json[member] = 0;
        File.WriteAllText(_folder["checkpoint/config.json"], json.ToJsonString().Replace($"\"{member}\":0", $"\"{member}\":{value}", StringComparison.Ordinal));
        Assert.Contains(named, Refusal(), StringComparison.Ordinal);
    }

    private string Refusal()
    {
        string message = Assert.Throws<InputException>(() => ModelImporter.Import(_folder["checkpoint"], _folder["refused"])).Message;
        Assert.False(Directory.Exists(_folder["refused"]));
        return message;
    }

    [Theory]
    [InlineData("""{"add_prefix_space":true}""", true)]
    [InlineData("""{"add_prefix_space":false}""", false)]
    [InlineData("""{"add_prefix_space":"yes"}""", false)]
    [InlineData(null, false)]
    public void The_settings_beside_byte_pairs_decide_on_a_space_before_the_text(string? settings, bool isAdded)
    {
        string[] names = ["<s>", "<pad>", "</s>", "<unk>", .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])), "<mask>"];
        string path = _folder.Write("vocab.json", JsonSerializer.Serialize(names.Select((name, id) => KeyValuePair.Create(name, id)).ToDictionary()));
        _folder.Write("merges.txt", "#version: 0.2\n");
        if (settings is not null)
        {
            _folder.Write("tokenizer_config.json", settings);
        }

        Assert.Equal(isAdded ? 4 : 3, StoredVocabulary.Load(path).Encode("the").Length);
    }

    /// <summary>Writes a checkpoint with its vocabulary; gives what it computes for some texts.</summary>
    private JsonElement[] Write(string type, string head)
    {
        Directory.CreateDirectory(_folder["checkpoint"]);
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        string[] lines = PythonReference.Run("huggingface_encoder.py", type, head, _folder["checkpoint"]);
        if (type == "roberta")
        {
            string[] names = ["<s>", "<pad>", "</s>", "<unk>", .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])), "th", "the", "<mask>"];
            File.WriteAllText(_folder["checkpoint/vocab.json"], JsonSerializer.Serialize(names.Select((name, id) => KeyValuePair.Create(name, id)).ToDictionary()));
            File.WriteAllText(_folder["checkpoint/merges.txt"], "#version: 0.2\nt h\nth e\n");
        }
        else if (type == "xlm-roberta")
        {
            // The file of SentencePiece lacks the padding and the mask, which fairseq adds.
            UnigramPiece[] special = [new("<unk>", 0, UnigramPieceKind.Unknown), new("<s>", 0, UnigramPieceKind.Control), new("</s>", 0, UnigramPieceKind.Control)];
            File.WriteAllBytes(_folder["checkpoint/sentencepiece.bpe.model"], SentencePieceModel.Of([.. special, .. Enumerable.Range(4, 42).Select(id => new UnigramPiece($"\u2581w{id}", -id))]));
        }
        else
        {
            File.WriteAllLines(_folder["checkpoint/vocab.txt"], ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(6, 55).Select(id => $"w{id}")]);
        }

        return Array.ConvertAll(lines, line => JsonDocument.Parse(line).RootElement);
    }
}
