using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Models;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>A case folder of the reference implementation: configuration, weights, inputs and results.</summary>
internal sealed class ModelFixture : IDisposable
{
    private readonly JsonDocument _case;

    public ModelFixture(string folder)
    {
        Folder = folder;
        _case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        Io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
    }

    public string Folder { get; }

    public JsonElement Case => _case.RootElement;

    public JsonElement Config => Case.GetProperty("config");

    public SafetensorsFile Io { get; }

    public int Streams => Config.GetProperty("batch_size").GetInt32();

    public int Segments => Case.GetProperty("segments").GetArrayLength();

    public TransformerXLModel LoadModel()
    {
        int I(string name) => Config.GetProperty(name).GetInt32();
        bool B(string name) => Config.GetProperty(name).GetBoolean();
        TransformerXLModel model = new(new TransformerXLConfiguration
        {
            VocabularySize = I("vocab_size"),
            Layers = I("n_layer"),
            ModelSize = I("d_model"),
            Heads = I("n_head"),
            HeadSize = I("d_head"),
            InnerSize = I("d_inner"),
            EmbeddingSize = I("d_embed"),
            PreNorm = B("pre_lnorm"),
            TieWeights = B("tie_weight"),
            TieProjections = Tying([.. Config.GetProperty("tie_projs").EnumerateArray().Select(element => element.GetBoolean())]),
            Cutoffs = [.. Config.GetProperty("cutoffs").EnumerateArray().Select(element => element.GetInt32())],
            EmbeddingDivisor = I("div_val"),
            Dropout = 0,
            AttentionDropout = 0,
        }.AsAttention(Kinds.OfAttentionType(I("attn_type")), rows: I("tgt_len") + I("ext_len") + I("mem_len")));
        ModelWeights.Load(Path.Combine(Folder, "weights.safetensors"), model);
        return model;
    }

    private static ProjectionTying Tying(bool[] ties) =>
        ties.All(tied => tied) ? ProjectionTying.All
        : !ties[0] && ties.Skip(1).Any() && ties.Skip(1).All(tied => tied) ? ProjectionTying.AllButFirst
        : ties.Any(tied => tied) ? throw new NotSupportedException($"No model ties the projections {string.Join(", ", ties)}.")
        : ProjectionTying.None;

    public ContextConfiguration Context()
    {
        JsonElement lengths = Case.TryGetProperty("lengths_in_effect", out JsonElement effect) ? effect : Config;
        int I(string name) => lengths.GetProperty(name).GetInt32();
        return new ContextConfiguration
        {
            TargetLength = I("tgt_len"),
            MemoryLength = I("mem_len"),
            ExtendedLength = I("ext_len"),
            ClampLength = Math.Max(0, I("clamp_len")),
            SameLength = lengths.GetProperty("same_length").GetBoolean(),
            ReferenceQuirks = true,
        };
    }

    /// <summary>Parameters that the reference gives no gradient: clusters without a token.</summary>
    public HashSet<string> WithoutGradient() => Case.TryGetProperty("parameters_without_gradient", out JsonElement names)
        ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
        : [];

    public float[] Floats(string name)
    {
        float[] values = new float[Io.Find(name).Count];
        Io.ReadFloats(name, values);
        return values;
    }

    public int[] Ids(string name) => ReadIds(Io, name);

    public static int[] ReadIds(SafetensorsFile file, string name)
    {
        long[] values = new long[file.Find(name).Count];
        file.ReadInt64s(name, values);
        return [.. values.Select(value => (int)value)];
    }

    /// <summary>|x - ref| at most atol + rtol |ref|, or at most peak_rtol max |ref| over the whole tensor.</summary>
    public void AssertClose(string kind, string name, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, bool byPeak = false)
    {
        JsonElement tolerance = Case.GetProperty("suggested_tolerance").GetProperty(kind);
        double rtol = tolerance.GetProperty("rtol").GetDouble(), atol = tolerance.GetProperty("atol").GetDouble();
        double peak = 0;
        foreach (float value in expected)
        {
            peak = Math.Max(peak, Math.Abs(value));
        }

        double byPeakLimit = tolerance.GetProperty("peak_rtol").GetDouble() * peak;
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double limit = byPeak ? byPeakLimit : atol + (rtol * Math.Abs(expected[i]));
            double error = Math.Abs((double)actual[i] - expected[i]);
            Assert.True(error <= limit, $"{Path.GetFileName(Folder)}: {name}[{i}] is {actual[i]}, the reference has {expected[i]}: error {error:g3} above {limit:g3}");
        }
    }

    public void Dispose()
    {
        Io.Dispose();
        _case.Dispose();
    }
}
