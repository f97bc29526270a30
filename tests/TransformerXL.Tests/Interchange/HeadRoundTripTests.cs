using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>Heads leave under Hugging Face's names and come back with the same bits.</summary>
public sealed class HeadRoundTripTests : IDisposable
{
    private static readonly Dictionary<string, HeadConfiguration> s_heads = new()
    {
        ["one label"] = new HeadConfiguration { Labels = ["dry", "wet", "cold"], Pooling = HeadPooling.Attention },
        ["several labels"] = new HeadConfiguration { Kind = HeadKind.SeveralLabels, Labels = ["dry", "wet"] },
        ["number"] = new HeadConfiguration { Kind = HeadKind.Number, NumberMean = 3.5, NumberScale = 0.25, Pooling = HeadPooling.Last },
        ["words"] = new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-NAME", "I-NAME"], Delay = 3, Alignment = PieceAlignment.FirstPiece, Scheme = TagScheme.Iob2 },
        ["spans"] = new HeadConfiguration { Kind = HeadKind.Spans, Delay = 1, HasUnanswerable = true },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly CpuBackend _backend = new(threads: 1);

    public static TheoryData<string, ExportFormat> Cases()
    {
        TheoryData<string, ExportFormat> cases = [];
        foreach (string name in s_heads.Keys)
        {
            if (name != "number")
            {
                cases.Add(name, ExportFormat.HuggingFace);
            }

            cases.Add(name, ExportFormat.Reference);
        }

        return cases;
    }

    public void Dispose()
    {
        _folder.Dispose();
        _backend.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_head_comes_back_with_the_same_bits(string name, ExportFormat format)
    {
        ModelFolder before = Save(s_heads[name]);
        ModelExporter.Export(before, _folder["exported"], format);
        string prefix = name switch { "words" => "classifier", "spans" => "qa_outputs", _ => "score" };
        using (SafetensorsFile weights = SafetensorsFile.Open(_folder[format == ExportFormat.HuggingFace ? "exported/model.safetensors" : "exported/weights.safetensors"]))
        {
            Assert.Contains(weights.Entries, entry => entry.Name == $"{prefix}.weight");
        }

        ModelImporter.Import(_folder["exported"], _folder["imported"]);
        ModelFolder after = ModelFolder.Load(_folder["imported"]);
        Assert.True(ModelFolderFiles.AreSame(before.Configuration with { Origin = null, Model = after.Configuration.Model }, after.Configuration with { Origin = null }));
        Assert.Equal(before.Head!.Parameters.Select(parameter => parameter.Name), after.Head!.Parameters.Select(parameter => parameter.Name));
        Assert.All(before.Head.Parameters.Zip(after.Head.Parameters), pair => Assert.True(Bits.Equal(pair.First.Value.Span, pair.Second.Value.Span), pair.First.Name));
        Assert.Equal(Logits(before), Logits(after));
    }

    /// <summary>Hugging Face's classes give out what the last layer computes: mean and scale of the training have to be in it.</summary>
    [Fact]
    public void A_number_of_Hugging_Face_is_that_of_the_last_layer()
    {
        ModelFolder before = Save(s_heads["number"] with { NGrams = 2 });
        before.Head!.NGrams!.Value.Span.Fill(0.5f);
        ModelExporter.Export(before, _folder["exported"], ExportFormat.HuggingFace);
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["exported/config.json"]))!;
        Assert.Equal(("regression", """{"0":"LABEL_0"}""", """{"LABEL_0":0}"""), ((string?)json["problem_type"], json["id2label"]!.ToJsonString(), json["label2id"]!.ToJsonString()));
        ModelImporter.Import(_folder["exported"], _folder["imported"]);
        ModelFolder after = ModelFolder.Load(_folder["imported"]);
        Assert.Equal(before.Head.Configuration with { NumberMean = 0, NumberScale = 1 }, after.Head!.Configuration with { Labels = before.Head.Configuration.Labels });
        float[] expected = Array.ConvertAll(before.Head.Parameters.Single(parameter => parameter.Name == "classifier.weight").Value.Span.ToArray(), weight => weight * 0.25f);
        Assert.Equal(expected, after.Head.Parameters.Single(parameter => parameter.Name == "classifier.weight").Value.Span.ToArray());
        const string text = "a text";
        Assert.Equal(new Classifier(before, _backend).Classify(text).Number!.Value, new Classifier(after, _backend).Classify(text).Number!.Value, 5);
    }

    [Fact]
    public void Answers_have_no_labels_so_that_the_two_ends_of_Hugging_Face_s_class_are_left()
    {
        ModelExporter.Export(Save(s_heads["spans"]), _folder["exported"], ExportFormat.HuggingFace);
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder["exported/config.json"]))!.AsObject();
        Assert.False(json.ContainsKey("id2label") || json.ContainsKey("label2id"));
    }

    [Fact]
    public void The_configuration_names_class_problem_and_labels_as_Hugging_Face_does()
    {
        ModelExporter.Export(Save(s_heads["one label"]), _folder["exported"], ExportFormat.HuggingFace);
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["exported/config.json"]))!;
        Assert.Equal("TransfoXLForSequenceClassification", (string?)json["architectures"]![0]);
        Assert.Equal("single_label_classification", (string?)json["problem_type"]);
        Assert.Equal("wet", (string?)json["id2label"]!["1"]);
        Assert.Equal(2, (int?)json["label2id"]!["cold"]);
    }

    [Fact]
    public void Labels_that_another_program_has_written_count()
    {
        ModelExporter.Export(Save(s_heads["one label"]), _folder["exported"], ExportFormat.HuggingFace);
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["exported/config.json"]))!;
        json["id2label"]!["1"] = "damp";
        File.WriteAllText(_folder["exported/config.json"], json.ToJsonString());
        ModelImporter.Import(_folder["exported"], _folder["imported"]);
        HeadConfiguration head = ModelFolder.Load(_folder["imported"]).Head!.Configuration;
        Assert.Equal(["dry", "damp", "cold"], head.Labels);
        Assert.Equal(HeadPooling.Attention, head.Pooling);

        json["id2label"] = new JsonObject { ["0"] = "dry", ["1"] = "damp" };
        File.WriteAllText(_folder["exported/config.json"], json.ToJsonString());
        Assert.Contains("names 2 labels, but the tensors have 3", Assert.Throws<InputException>(() => ModelImporter.Import(_folder["exported"], _folder["other"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_classifier_of_Hugging_Face_has_no_bias_and_no_softmax_and_reads_the_last_token()
    {
        ModelFolder before = Save(s_heads["one label"] with { Pooling = HeadPooling.Last });
        ModelExporter.Export(before, _folder["exported"], ExportFormat.HuggingFace);
        string path = _folder["exported/model.safetensors"], configuration = _folder["exported/config.json"];
        SafetensorsItem[] kept;
        using (SafetensorsFile weights = SafetensorsFile.Open(path))
        {
            kept = [.. weights.Entries.Where(entry => entry.Name != "score.bias" && !entry.Name.StartsWith("crit.", StringComparison.Ordinal)).Select(entry => SafetensorsItem.FromFloats(entry.Name, Read(weights, entry), [.. entry.Shape]))];
        }

        SafetensorsWriter.Write(path, kept, null);
        JsonObject json = JsonNode.Parse(File.ReadAllText(configuration))!.AsObject();
        json.Remove("head");
        File.WriteAllText(configuration, json.ToJsonString());
        ModelImporter.Import(_folder["exported"], _folder["imported"]);
        ModelFolder after = ModelFolder.Load(_folder["imported"]);
        Assert.Equal((HeadKind.OneLabel, HeadPooling.Last), (after.Head!.Configuration.Kind, after.Head.Configuration.Pooling));
        Assert.Equal(["dry", "wet", "cold"], after.Head.Configuration.Labels);
        Assert.True(Bits.Equal(before.Head!.Parameters[0].Value.Span, after.Head.Parameters[0].Value.Span));
        Assert.All(after.Head.Parameters[1].Value.Span.ToArray(), value => Assert.Equal(0, value));
        Assert.Single(new Classifier(after, _backend).Classify("w3 w4").Labels);

        json["id2label"] = new JsonObject { ["0"] = "dry", ["7"] = "wet", ["2"] = "cold" };
        File.WriteAllText(configuration, json.ToJsonString());
        Assert.Contains("'7'", Assert.Throws<InputException>(() => ModelImporter.Import(_folder["exported"], _folder["other"])).Message, StringComparison.Ordinal);
    }

    private static float[] Read(SafetensorsFile weights, WeightEntry entry)
    {
        float[] values = new float[entry.Shape.Aggregate(1L, (product, size) => product * size)];
        weights.ReadFloats(entry.Name, values);
        return values;
    }

    private float[] Logits(ModelFolder trained)
    {
        TaskRunner runner = new(trained.Model, trained.Head!, _backend, trained.Configuration.Context);
        int[][] documents = [[0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0]];
        return trained.Head!.Configuration.IsOfText ? runner.OfTexts(documents)[0] : runner.OfTokens(documents)[0];
    }

    private ModelFolder Save(HeadConfiguration configuration)
    {
        LanguageModel model = LanguageModel.Create(SmallRuns.Models["plain"] with { InitialDeviation = 0.3f }, seed: 5);
        TaskHead head = new(configuration, model.Configuration.ModelSize, seed: 6, deviation: 0.4f);
        Parameter bias = head.Parameters.First(parameter => parameter.Name.EndsWith("bias", StringComparison.Ordinal));
        for (int i = 0; i < bias.Value.Count; i++)
        {
            bias.Value.Span[i] = 0.5f - (0.3f * i);
        }

        ModelFolder.Save(_folder["model"], model, SmallRuns.Words(), new ModelFolderConfiguration { Model = model.Configuration, Context = SmallRuns.Context, Head = configuration }, head);
        return ModelFolder.Load(_folder["model"]);
    }
}
