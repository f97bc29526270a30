using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Models;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>The reference's own weights: what their names, shapes and contents tell, and that they predict as there.</summary>
public sealed class FixtureImportTests
{
    public static TheoryData<string> Folders =>
        [.. FixtureFolders.All().Where(folder => File.Exists(Path.Combine(folder, "weights.safetensors")))];

    public static TheoryData<string> Checkpoints => [.. FixtureFolders.OfKind("checkpoint")];

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_architecture_is_inferred_but_for_what_no_tensor_tells(string folder)
    {
        using JsonDocument json = Case(folder);
        JsonElement config = json.RootElement.GetProperty("config");
        bool recurrent = config.TryGetProperty("d_hidden", out _);
        using TemporaryFolder run = new();
        ImportedModel imported = Import(folder, "weights.safetensors", run, Hints(config, recurrent));
        ModelConfiguration model = imported.Configuration.Model;
        int I(string name) => config.GetProperty(name).GetInt32();
        Assert.Equal(recurrent ? Kinds.Lstm : Kinds.OfAttentionType(I("attn_type")), model.Family.Kind);
        Assert.Equal((I("vocab_size"), I("n_layer"), I("d_embed")), (model.VocabularySize, model.Layers, model.EmbeddingSize));
        Assert.Equal(recurrent ? I("d_hidden") : I("d_model"), model.ModelSize);
        Assert.Equal(config.GetProperty(recurrent ? "tied" : "tie_weight").GetBoolean(), model.TieWeights);
        if (!recurrent)
        {
            AttentionConfiguration attention = Assert.IsAssignableFrom<AttentionConfiguration>(model);
            Assert.Equal((I("n_head"), I("d_head"), I("d_inner")), (attention.Heads, attention.HeadSize, attention.InnerSize));
            Assert.Equal(config.GetProperty("cutoffs").EnumerateArray().Select(cutoff => cutoff.GetInt32()), model.Cutoffs);
            Assert.Equal(I("div_val"), model.EmbeddingDivisor);
            Assert.Equal(Ties(config), Ties(attention));
            Assert.Equal(model.Family.LearnsPositions ? I("tgt_len") + I("mem_len") + I("ext_len") : null, (model as LearnedPositionsConfiguration)?.PositionRows);
        }

        AssertSameWeights(folder, ModelFolder.Load(run["run"]).Model);
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void A_whole_pickled_model_tells_everything_and_predicts_as_the_reference(string folder) => AssertPredicts(folder, "model.pt", new ModelDescription());

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void State_dictionaries_of_both_formats_predict_as_the_reference(string folder)
    {
        using JsonDocument json = Case(folder);
        ModelDescription hints = Hints(json.RootElement.GetProperty("config"), recurrent: false);
        AssertPredicts(folder, "model_state.pt", hints);
        AssertPredicts(folder, "model_state_legacy.pt", hints);
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void What_a_state_dictionary_does_not_tell_is_named_all_at_once(string folder)
    {
        using TemporaryFolder run = new();
        InputException error = Assert.Throws<InputException>(() => Import(folder, "model_state.pt", run, new ModelDescription()));
        Assert.All((string[])["hints.preNorm", "hints.targetLength", "hints.memoryLength"], member => Assert.Contains(new InputRemedy(member), error.Remedies));
        string message = error.Message;
        Assert.All((string[])["model_state.pt", "(pre_lnorm)", "(tgt_len)", "(mem_len)"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(run["run"]));
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void A_file_that_calls_a_function_is_refused(string folder)
    {
        using TemporaryFolder run = new();
        Assert.Contains("posix.", Assert.Throws<InputException>(() => Import(folder, "unsafe_global.pt", run, new ModelDescription())).Message, StringComparison.Ordinal);
    }

    private static JsonDocument Case(string folder) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));

    /// <summary>The case whose model was saved as the checkpoints of a folder; it has the inputs and results.</summary>
    private static string CaseOfSameWeights(string folder)
    {
        byte[] weights = File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"));
        return FixtureFolders.OfKind("forward").OrderBy(other => Path.GetDirectoryName(other) == Path.GetDirectoryName(folder) ? 0 : 1).First(other => File.ReadAllBytes(Path.Combine(other, "weights.safetensors")).AsSpan().SequenceEqual(weights));
    }

    private static ImportedModel Import(string folder, string file, TemporaryFolder run, ModelDescription hints)
    {
        using JsonDocument json = Case(folder);
        SmallRuns.Words(json.RootElement.GetProperty("config").GetProperty("vocab_size").GetInt32()).Save(run["words.json"]);
        return ModelImporter.Import(Path.Combine(folder, file), run["run"], new ImportOptions { VocabularyFile = run["words.json"], Hints = hints });
    }

    /// <summary>Only what shapes and contents cannot tell.</summary>
    private static ModelDescription Hints(JsonElement config, bool recurrent)
    {
        ModelDescription lengths = new() { TargetLength = config.GetProperty("tgt_len").GetInt32() };
        return recurrent ? lengths : lengths with
        {
            MemoryLength = config.GetProperty("mem_len").GetInt32(),
            ExtendedLength = config.GetProperty("ext_len").GetInt32(),
            ClampLength = Math.Max(0, config.GetProperty("clamp_len").GetInt32()),
            SameLength = config.GetProperty("same_length").GetBoolean(),
            PreNorm = config.GetProperty("pre_lnorm").GetBoolean(),
            Heads = config.GetProperty("attn_type").GetInt32() == 2 ? config.GetProperty("n_head").GetInt32() : null,
            Cutoffs = config.GetProperty("div_val").GetInt32() == 1 && config.GetProperty("cutoffs").GetArrayLength() > 0
                ? [.. config.GetProperty("cutoffs").EnumerateArray().Select(cutoff => cutoff.GetInt32())]
                : null,
        };
    }

    /// <summary>What is tied where there are projections at all.</summary>
    private static bool[] Ties(JsonElement config)
    {
        bool projects = config.GetProperty("div_val").GetInt32() > 1 || config.GetProperty("d_embed").GetInt32() != config.GetProperty("d_model").GetInt32();
        return [.. config.GetProperty("tie_projs").EnumerateArray().Select(tie => tie.GetBoolean() && projects)];
    }

    private static bool[] Ties(AttentionConfiguration model) =>
        [.. Enumerable.Range(0, model.Cutoffs.Count + 1).Select(cluster => model.TieProjections == ProjectionTying.All || (model.TieProjections == ProjectionTying.AllButFirst && cluster > 0))];

    private static void AssertSameWeights(string folder, LanguageModel model)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "weights.safetensors"));
        foreach (Parameter parameter in model.Parameters)
        {
            string stored = file.Contains(parameter.Name) ? parameter.Name : ReferenceNames.ToRecurrent(parameter.Name);
            float[] expected = new float[file.Find(stored).Count];
            file.ReadFloats(stored, expected);
            Assert.True(Bits.Equal(expected, parameter.Value.Span), parameter.Name);
        }
    }

    private static void AssertPredicts(string folder, string file, ModelDescription hints)
    {
        using TemporaryFolder run = new();
        Import(folder, file, run, hints);
        ModelFolder trained = ModelFolder.Load(run["run"]);
        AssertSameWeights(folder, trained.Model);
        using ModelFixture fixture = new(CaseOfSameWeights(folder));
        Assert.Equal(fixture.Context(), trained.Configuration.Context with { ReferenceQuirks = true });
        using CpuBackend backend = new(threads: 1);
        Tape tape = new(backend);
        ModelState memory = trained.Model.CreateState(trained.Configuration.Context.MemoryLength, fixture.Streams);
        for (int segment = 1; segment <= fixture.Segments; segment++)
        {
            tape.BeginEvaluation();
            int[] ids = fixture.Ids($"seg{segment}.input_ids");
            Variable hidden = trained.Model.Forward(tape, tape.Allocate(ids), memory, trained.Configuration.Context);
            fixture.AssertClose("logprob", $"seg{segment}.logprob", ModelOracle.LogProbabilities(trained.Model, hidden.Value, ids.Length), fixture.Floats($"seg{segment}.logprob"));
        }
    }
}
