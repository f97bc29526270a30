using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>XLNet under the names of Hugging Face's library beside its definition in numpy, tests/python/xlnet.py, which computes in float64 and one text at a time.</summary>
public sealed class XlnetImportTests : IDisposable
{
    private const double Tolerance = 2e-5;
    private const int Size = 18;

    private readonly TemporaryFolder _folder = new();
    private readonly CpuBackend _backend = new(null, 2);

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData("masked")]
    [InlineData("sequence")]
    [InlineData("mean")]
    [InlineData("token")]
    [InlineData("question")]
    [InlineData("none")]
    public void An_imported_model_computes_what_its_definition_does_and_leaves_with_the_same_bits(string head)
    {
        JsonElement[] lines = Write(head), texts = lines[..^2];
        ImportedModel imported = ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        ModelFolder model = ModelFolder.Load(_folder["model"]);
        Assert.Empty(imported.LeftOut);
        Assert.Equal((512, 7, 9), (model.Configuration.Context.TargetLength, model.Configuration.Context.MemoryLength, model.Configuration.Context.ClampLength));
        ContextConfiguration alone = model.Configuration.Context with { MemoryLength = 0 };
        double[][] states = States(model, alone, Array.ConvertAll(texts, Ids));
        Assert.All(texts.Zip(states), pair => Check(pair.First, "hidden", pair.Second));
        Check(lines[^2], "memory", States(model, model.Configuration.Context with { TargetLength = 5 }, [Ids(texts[0])])[0]);
        if (head == "masked")
        {
            Assert.All(texts, text => Check(text, "log_probabilities", Masked(model, alone, text)));
        }

        CheckHead(model, head, texts);

        ModelExporter.Export(model, _folder["exported"], ExportFormat.HuggingFace);
        RoundTrip.SameTensors(_folder["checkpoint"], _folder["exported"], head == "none" ? "transformer." : "");
        ModelImporter.Import(_folder["exported"], _folder["again"]);
        RoundTrip.SameModels(model, ModelFolder.Load(_folder["again"]));
        Assert.True(JsonNode.DeepEquals(TemplateOf("checkpoint"), TemplateOf("exported")));
        RoundTrip.SameConfiguration(_folder["checkpoint"], _folder["exported"], "transformers_version", "start_n_top", "end_n_top", "segment_length");
        if (head != "none")
        {
            CheckGradients(model, head, texts[..2], lines[^1].GetProperty("gradients"));
        }
    }

    [SkippableFact]
    public void A_padded_text_in_a_batch_has_the_bits_that_it_has_alone()
    {
        JsonElement[] texts = Write("masked")[..^2];
        ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        ModelFolder model = ModelFolder.Load(_folder["model"]);
        ContextConfiguration context = model.Configuration.Context with { TargetLength = 8 };
        int[][] ids = Array.ConvertAll(texts, Ids);
        double[][] together = States(model, context, ids);
        Assert.All(ids.Zip(together), pair => Assert.Equal(States(model, context, [pair.First])[0], pair.Second));
        float[][] queries = Queries(model, texts);
        Assert.All(texts.Zip(queries), pair => Assert.Equal(Queries(model, [pair.First])[0], pair.Second));
    }

    [SkippableFact]
    public void A_pickled_checkpoint_with_the_table_of_the_softmax_is_the_same_model()
    {
        Write("masked");
        ModelImporter.Import(_folder["checkpoint"], _folder["model"]);
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(_folder["checkpoint/model.safetensors"]);
        File.Delete(_folder["checkpoint/model.safetensors"]);
        tensors["lm_loss.weight"] = tensors["transformer.word_embedding.weight"];
        File.WriteAllBytes(_folder["checkpoint/pytorch_model.bin"], PickledTensors.Write(tensors));
        ModelImporter.Import(_folder["checkpoint"], _folder["other"]);
        Assert.Equal(ModelWeights.Fingerprint(ModelFolder.Load(_folder["model"]).Model), ModelWeights.Fingerprint(ModelFolder.Load(_folder["other"]).Model));

        tensors["lm_loss.weight"] = ([.. tensors["lm_loss.weight"].Values.Select(value => value + 1)], tensors["lm_loss.weight"].Shape);
        File.WriteAllBytes(_folder["checkpoint/pytorch_model.bin"], PickledTensors.Write(tensors));
        Assert.Contains("tie_word_embeddings", Refusal(), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("masked", "ff_activation", "\"gelu_new\"", "gelu_new")]
    [InlineData("masked", "attn_type", "\"uni\"", "'attn_type' is 'uni'")]
    [InlineData("masked", "bi_data", "true", "bi_data")]
    [InlineData("masked", "n_head", "6", "attention heads: 6")]
    [InlineData("masked", "d_head", "7", "the head size: 7")]
    [InlineData("masked", "reuse_len", "2", "'reuse_len' is 2")]
    [InlineData("masked", "n_layer", "4", "layers: 4")]
    [InlineData("masked", "vocab_size", "42", "42")]
    [InlineData("masked", "d_model", "-18", "d_model")]
    [InlineData("masked", "d_inner", "18", "18")]
    [InlineData("masked", "layer_norm_eps", "0", "epsilon")]
    [InlineData("masked", "mem_len", "-2", "mem_len")]
    [InlineData("masked", "clamp_len", "1.5", "clamp_len")]
    [InlineData("masked", "architectures", "[\"XLNetForMultipleChoice\"]", "XLNetForMultipleChoice")]
    [InlineData("question", "architectures", "[\"XLNetForQuestionAnswering\"]", "XLNetForQuestionAnsweringSimple is")]
    [InlineData("sequence", "summary_type", "\"cls_index\"", "cls_index")]
    [InlineData("sequence", "summary_activation", "\"gelu\"", "gelu")]
    [InlineData("sequence", "summary_use_proj", "false", "summary_use_proj")]
    public void A_configuration_that_is_not_supported_or_contradicts_the_tensors_is_refused_by_name(string head, string member, string value, string named)
    {
        Write(head);
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder["checkpoint/config.json"]))!.AsObject();
        json[member] = 0;
        File.WriteAllText(_folder["checkpoint/config.json"], json.ToJsonString().Replace($"\"{member}\":0", $"\"{member}\":{value}", StringComparison.Ordinal));
        Assert.Contains(named, Refusal(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_length_of_segments_is_kept_by_export_and_reuse_matters_only_with_a_memory()
    {
        Write("masked");
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder["checkpoint/config.json"]))!.AsObject();
        json["reuse_len"] = 2;
        File.WriteAllText(_folder["checkpoint/config.json"], json.ToJsonString());
        ModelImporter.Import(_folder["checkpoint"], _folder["model"], new ImportOptions { Hints = new ModelDescription { TargetLength = 9, MemoryLength = 0 } });
        ModelExporter.Export(ModelFolder.Load(_folder["model"]), _folder["exported"], ExportFormat.HuggingFace);
        ModelImporter.Import(_folder["exported"], _folder["again"]);
        Assert.Equal((9, 0), (ModelFolder.Load(_folder["again"]).Configuration.Context.TargetLength, ModelFolder.Load(_folder["again"]).Configuration.Context.MemoryLength));
    }

    [SkippableFact]
    public void Tensors_that_are_missing_or_unknown_or_of_the_beam_search_are_named()
    {
        Write("question");
        Dictionary<string, (float[] Values, long[] Shape)> tensors = StoredTensors.Read(_folder["checkpoint/model.safetensors"]);
        StoredTensors.Write(_folder["checkpoint/model.safetensors"], [.. tensors, KeyValuePair.Create("transformer.layer.0.adapter.weight", (new float[2], new long[] { 2 }))]);
        Assert.Contains("adapter", Refusal(), StringComparison.Ordinal);
        StoredTensors.Write(_folder["checkpoint/model.safetensors"], tensors.Where(tensor => tensor.Key != "transformer.layer.1.rel_attn.seg_embed"));
        Assert.Contains("transformer.layer.1.rel_attn.seg_embed", Refusal(), StringComparison.Ordinal);
        StoredTensors.Write(
            _folder["checkpoint/model.safetensors"], [.. tensors.Where(tensor => !tensor.Key.StartsWith("qa", StringComparison.Ordinal)), KeyValuePair.Create("start_logits.dense.weight", (new float[Size], new long[] { 1, Size }))]);
        Assert.Contains("start_logits, end_logits, answer_class", Refusal(), StringComparison.Ordinal);
    }

    private JsonNode? TemplateOf(string folder) => JsonNode.Parse(File.ReadAllText(_folder[folder + "/tokenizer.json"]))!["post_processor"];

    private string Refusal()
    {
        string message = Assert.Throws<InputException>(() => ModelImporter.Import(_folder["checkpoint"], _folder["refused"])).Message;
        Assert.False(Directory.Exists(_folder["refused"]));
        return message;
    }

    /// <summary>Writes a checkpoint with its vocabulary; gives what it computes.</summary>
    private JsonElement[] Write(string head)
    {
        Directory.CreateDirectory(_folder["checkpoint"]);
        Skip.IfNot(PythonReference.IsThere, PythonReference.Missing);
        string[] lines = PythonReference.Run("xlnet.py", head, _folder["checkpoint"]);
        File.WriteAllText(_folder["checkpoint/tokenizer.json"], XlnetTokenizer.Json([.. Enumerable.Range(7, 34).Select(id => $"\u2581w{id}")]));
        return Array.ConvertAll(lines, line => JsonDocument.Parse(line).RootElement);
    }

    private static int[] Ids(JsonElement text) => Numbers(text, "ids");

    private static int[] Numbers(JsonElement text, string member) => [.. text.GetProperty(member).EnumerateArray().Select(value => value.GetInt32())];

    private static void Check(JsonElement text, string member, double[] actual)
    {
        double[] expected = [.. text.GetProperty(member).EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Tolerance * Math.Max(1, Math.Abs(pair.First)), $"{member}: {pair.Second} here, {pair.First} there"));
    }

    /// <summary>The states of texts side by side, padded.</summary>
    private double[][] States(ModelFolder model, ContextConfiguration context, int[][] texts)
    {
        List<double>[] states = [.. texts.Select(_ => new List<double>())];
        new DocumentReader(model.Model, _backend, context, texts.Length).ReadAll(TaskRunner.Columns(texts), (hidden, lengths) =>
        {
            for (int text = 0; text < texts.Length; text++)
            {
                states[text].AddRange(Enumerable.Range(0, lengths[text]).SelectMany(t => hidden.Value.Span.Slice(((t * texts.Length) + text) * Size, Size).ToArray()).Select(value => (double)value));
            }
        });
        return [.. states.Select(own => own.ToArray())];
    }

    /// <summary>Log-probabilities of the masked tokens of a text.</summary>
    private double[] Masked(ModelFolder model, ContextConfiguration context, JsonElement text)
    {
        (int[] ids, int[] lengths, int[] places, int[] targets) = Batch([text]);
        double[] found = new double[places.Length];
        new MaskedReader(model.Model, _backend, context with { MemoryLength = 0 }, 1).Read(ids, lengths, places, (place, logits) => found[place] = -MaskedReader.Measure(logits, targets[place], model.Model).Nll);
        return found;
    }

    /// <summary>The states of the query stream at the masked places of texts side by side.</summary>
    private float[][] Queries(ModelFolder model, JsonElement[] texts)
    {
        (int[] ids, int[] lengths, int[] places, _) = Batch(texts);
        EncoderModel encoder = (EncoderModel)model.Model;
        ModelState state = encoder.CreateState(0, texts.Length);
        state.Lengths = lengths;
        Tape tape = new(_backend);
        tape.BeginEvaluation();
        Variable hidden = encoder.ForwardQueries(tape, tape.Allocate(ids), Ranks(ids, places), state, model.Configuration.Context with { MemoryLength = 0 }, default);
        return [.. Enumerable.Range(0, texts.Length).Select(text => (float[])[.. places.Where(place => place % texts.Length == text).SelectMany(place => hidden.Value.Span.Slice(place * Size, Size).ToArray())])];
    }

    /// <summary>Masked places come last in the order.</summary>
    private static int[] Ranks(int[] ids, int[] places) => [.. Enumerable.Range(0, ids.Length).Select(place => places.Contains(place) ? 1 : 0)];

    /// <summary>Texts side by side with the places and targets of their masks.</summary>
    private static (int[] Ids, int[] Lengths, int[] Places, int[] Targets) Batch(JsonElement[] texts)
    {
        int[][] ids = Array.ConvertAll(texts, Ids);
        bool hasMasks = texts[0].TryGetProperty("places", out _);
        return (
            Array.ConvertAll(TaskRunner.Columns(ids), id => Math.Max(0, id)), [.. ids.Select(own => own.Length)],
            hasMasks ? [.. texts.SelectMany((text, stream) => Numbers(text, "places").Select(place => (place * texts.Length) + stream))] : [],
            hasMasks ? [.. texts.SelectMany(text => Numbers(text, "targets"))] : []);
    }

    private void CheckHead(ModelFolder model, string head, JsonElement[] texts)
    {
        if (head is "masked" or "none")
        {
            Assert.Null(model.Head);
            return;
        }

        TaskRunner runner = new(model.Model, model.Head!, _backend, model.Configuration.Context);
        int[][] ids = Array.ConvertAll(texts, Ids);
        float[][] logits = head is "sequence" or "mean" ? runner.OfTexts(ids) : runner.OfTokens(ids);
        Assert.All(texts.Zip(logits), pair => Check(pair.First, "logits", Array.ConvertAll(pair.Second, value => (double)value)));
        HeadConfiguration found = model.Head!.Configuration;
        Assert.Equal(head switch { "sequence" or "mean" => HeadKind.OneLabel, "token" => HeadKind.Tags, _ => HeadKind.Spans }, found.Kind);
        Assert.Equal(head switch { "sequence" or "mean" => ["w", "x", "y", "z"], "token" => ["O", "B-X", "I-X", "B-Y"], _ => [] }, found.Labels);
        Assert.Equal(head switch { "sequence" => (HeadPooling.Last, true), _ => (HeadPooling.Mean, false) }, (found.Pooling, found.Pooler));
    }

    /// <summary>Exports the model with its gradients in the place of its values, so that they have the names and axes of the definition.</summary>
    private void CheckGradients(ModelFolder model, string head, JsonElement[] texts, JsonElement expected)
    {
        (int[] ids, int[] lengths, int[] places, int[] targets) = Batch(texts);
        EncoderModel encoder = (EncoderModel)model.Model;
        ContextConfiguration context = model.Configuration.Context with { MemoryLength = 0 };
        ModelState state = encoder.CreateState(0, texts.Length);
        state.Lengths = lengths;
        Tape tape = new(_backend);
        tape.BeginTraining(1, 1);
        Variable loss;
        if (head == "masked")
        {
            Variable hidden = encoder.ForwardQueries(tape, tape.Allocate(ids), Ranks(ids, places), state, context, default);
            loss = encoder.PlacesLoss(tape, tape.GatherRows(hidden, tape.Allocate(places)), tape.Allocate(targets));
        }
        else
        {
            Variable hidden = encoder.Forward(tape, tape.Allocate(ids), state, context, default);
            int[] existing = [.. Enumerable.Range(0, ids.Length).Where(place => place / lengths.Length < lengths[place % lengths.Length])];
            Variable logits = model.Head!.Logits(tape, model.Head.Configuration.IsOfText ? model.Head.Pool(tape, hidden, lengths) : tape.GatherRows(hidden, tape.Allocate(existing)));
            Tensor zeros = tape.Allocate(logits.Shape);
            zeros.Span.Clear();
            loss = tape.SquaredLoss(logits, zeros);
        }

        tape.Backward(loss);
        foreach (Parameter parameter in (Parameter[])[.. encoder.Parameters, .. model.Head?.Parameters ?? []])
        {
            if (parameter.HasGradient)
            {
                parameter.Gradient.CopyTo(parameter.Value);
            }
            else
            {
                parameter.Value.Span.Clear();
            }
        }

        ModelExporter.Export(model, _folder["gradients"], ExportFormat.HuggingFace);
        Dictionary<string, (float[] Values, long[] Shape)> gradients = StoredTensors.Read(_folder["gradients/model.safetensors"]);
        Assert.Equal(expected.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal), gradients.Keys.Order(StringComparer.Ordinal));
        foreach (JsonProperty tensor in expected.EnumerateObject())
        {
            foreach (JsonElement pair in tensor.Value.EnumerateArray())
            {
                double wanted = pair[1].GetDouble(), actual = gradients[tensor.Name].Values[pair[0].GetInt32()];
                Assert.True(Math.Abs(wanted - actual) <= 5e-5 * Math.Max(1, Math.Abs(wanted)), $"{tensor.Name}[{pair[0]}]: {actual} here, {wanted} there");
            }
        }
    }
}
