using System.Text.Json;
using TransformerXL.Interchange;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>
/// Published checkpoints of BERT, DistilBERT, RoBERTa and XLM-RoBERTa (folders with config.json, model.safetensors and the files of the vocabulary) in the folder that the environment
/// variable <c>TXL_MODELS</c> names: what they compute, and that they come back from an export with the same bits.
/// </summary>
public sealed class RealCheckpointTests
{
    private const string Variable = "TXL_MODELS";

    /// <summary>Many layers of float32 against float64.</summary>
    private const double Tolerance = 2e-3;

    private static readonly string[] s_types = ["bert", "distilbert", "roberta", "xlm-roberta"];

    private static readonly string[] s_texts = ["The river is wide.", "In 1851 the naturalist wrote two letters to his friend, but only one of them was answered.", "Caf\u00e9s, \u00fcber 3.5 km, \u4e2d\u6587"];

    [SkippableFact]
    public void Published_checkpoints_compute_what_their_definitions_do_and_come_back_with_the_same_bits()
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        Skip.If(string.IsNullOrEmpty(folder), $"{Variable} names no folder with published checkpoints");
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        string[] checkpoints = [.. Directory.EnumerateDirectories(folder).Where(path => s_types.Contains(TypeOf(path))).Order(StringComparer.Ordinal)];
        Assert.True(checkpoints.Length > 0, $"{folder} has no folder with a config.json of {string.Join(", ", s_types)}");
        Assert.All(checkpoints, Check);
    }

    private static void Check(string checkpoint)
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new();
        ModelImporter.Import(checkpoint, folder["model"]);
        ModelFolder model = ModelFolder.Load(folder["model"]);
        TextTemplate template = new(model.Vocabulary);
        int[][] ids = Array.ConvertAll(s_texts, text => template.Around([.. model.Vocabulary.Encode(text).Take(model.Configuration.Context.TargetLength - template.Count)]));
        string[] lines = PythonReference.Run("huggingface_encoder.py", checkpoint, JsonSerializer.Serialize(ids));
        new EncoderComparison(model, backend, Tolerance).Check(Array.ConvertAll(lines, line => JsonDocument.Parse(line).RootElement));
        ModelExporter.Export(model, folder["exported"], ExportFormat.HuggingFace);
        ModelImporter.Import(folder["exported"], folder["again"]);
        RoundTrip.SameModels(model, ModelFolder.Load(folder["again"]));
    }

    private static string? TypeOf(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        return File.Exists(path) && JsonDocument.Parse(File.ReadAllText(path)).RootElement.TryGetProperty("model_type", out JsonElement type) ? type.GetString() : null;
    }
}
