using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Interchange;

/// <summary>A checkpoint that was imported and exported again has the same files, and is the same model when it is imported once more.</summary>
internal static class RoundTrip
{
    /// <summary>Every tensor has its name, after a prefix that the export adds, its shape and its bits.</summary>
    /// <param name="before">The checkpoint.</param>
    /// <param name="after">The exported folder.</param>
    /// <param name="prefix">What the export writes before the names.</param>
    /// <param name="leftOut">The beginning of names that the import leaves out; null for none.</param>
    /// <param name="skipped">The first values of a tensor that may differ; null for none.</param>
    public static void SameTensors(string before, string after, string prefix, string? leftOut = null, Func<string, int>? skipped = null)
    {
        Dictionary<string, (float[] Values, long[] Shape)> stored = StoredTensors.Read(Path.Combine(before, "model.safetensors")), exported = StoredTensors.Read(Path.Combine(after, "model.safetensors"));
        Assert.Equal(
            stored.Keys.Where(name => leftOut is null || !name.StartsWith(leftOut, StringComparison.Ordinal)).Select(name => prefix + name).Order(StringComparer.Ordinal),
            exported.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, (float[] values, long[] shape)) in exported)
        {
            (float[] expected, long[] sizes) = stored[name[prefix.Length..]];
            Assert.Equal(sizes, shape);
            int first = skipped?.Invoke(name) ?? 0;
            Assert.True(Bits.Equal(expected.AsSpan(first), values.AsSpan(first)), name);
        }
    }

    public static void SameModels(ModelFolder model, ModelFolder again)
    {
        Assert.True(ModelFolderFiles.AreSame(model.Configuration with { Origin = null }, again.Configuration with { Origin = null }));
        Assert.Equal(model.Vocabulary.Fingerprint, again.Vocabulary.Fingerprint);
        Assert.All(model.Model.Parameters.Zip(again.Model.Parameters), pair => Assert.True(Bits.Equal(pair.First.Value.Span, pair.Second.Value.Span), pair.First.Name));
        Assert.All((model.Head?.Parameters ?? []).Zip(again.Head?.Parameters ?? []), pair => Assert.True(Bits.Equal(pair.First.Value.Span, pair.Second.Value.Span), pair.First.Name));
    }

    /// <summary>Every member of the configuration but some has the same value after the export.</summary>
    public static void SameConfiguration(string before, string after, params string[] without)
    {
        JsonObject exported = Read(after);
        foreach ((string name, JsonNode? value) in Read(before).Where(member => !without.Contains(member.Key)))
        {
            Assert.True(JsonNode.DeepEquals(value, exported[name]), $"{name} is {value?.ToJsonString()}, but after the export {exported[name]?.ToJsonString()}");
        }
    }

    private static JsonObject Read(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
}
