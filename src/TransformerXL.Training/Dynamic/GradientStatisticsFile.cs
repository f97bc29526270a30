using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// Gradient statistics as safetensors: a tensor for each parameter, and in the metadata what they belong to and the SHA-256 of all values. A file of the
/// same size as the weights.
/// </summary>
internal static class GradientStatisticsFile
{
    private const string Kind = "gradient-statistics", KindKey = "kind", VersionKey = "version", WeightsKey = "weights", TargetKey = "target_length", MemoryKey = "memory_length", ClampKey = "clamp_length", SameKey = "same_length", TokensKey = "most_tokens", SegmentsKey = "segments", HashKey = "sha256";
    private const string Version = "1";

    /// <summary>Writes the statistics; the old file stays whole until the new one is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="statistics">Of the model.</param>
    /// <param name="model">The model.</param>
    /// <param name="origin">What they belong to.</param>
    public static void Save(string path, GradientStatistics statistics, LanguageModel model, StatisticsOrigin origin)
    {
        List<SafetensorsItem> items = [];
        for (int i = 0; i < statistics.Count; i++)
        {
            items.Add(ModelWeights.Item(model.Parameters[i].Name, statistics[i]));
        }

        Dictionary<string, string> metadata = Describe(origin);
        metadata[SegmentsKey] = Text(statistics.Segments);
        metadata[HashKey] = Hash(Enumerable.Range(0, statistics.Count).Select(i => statistics[i]));
        SafetensorsWriter.Write(path, items, metadata);
    }

    /// <summary>Reads the statistics.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="origin">What they have to belong to.</param>
    /// <returns>Null if there is no file, or if it belongs to other weights or lengths.</returns>
    /// <exception cref="InputException">The file is cut, damaged, or no such file.</exception>
    public static GradientStatistics? Load(string path, LanguageModel model, StatisticsOrigin origin)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Require.That(file.Metadata.GetValueOrDefault(KindKey) == Kind, $"'{path}' holds no gradient statistics");
        if (Describe(origin).Any(pair => file.Metadata.GetValueOrDefault(pair.Key) != pair.Value))
        {
            return null;
        }

        bool counted = long.TryParse(file.Metadata.GetValueOrDefault(SegmentsKey), NumberStyles.None, CultureInfo.InvariantCulture, out long segments);
        Require.That(counted && segments > 0 && file.Entries.Count == model.Parameters.Count, $"'{path}' is damaged: its metadata or its list of tensors is not that of gradient statistics");
        Tensor[] scales = new Tensor[model.Parameters.Count];
        for (int i = 0; i < scales.Length; i++)
        {
            Parameter parameter = model.Parameters[i];
            scales[i] = Tensor.Allocate(parameter.Shape);
            ModelWeights.Read(file, parameter.Name, scales[i]);
            Require.That(!scales[i].Span.ContainsAnyInRange(float.NegativeInfinity, -float.Epsilon), $"'{path}' is damaged: the tensor '{parameter.Name}' holds a negative root");
        }

        Require.That(Hash(scales) == file.Metadata.GetValueOrDefault(HashKey), $"'{path}' is damaged: its values do not have the SHA-256 that it names");
        return new GradientStatistics(scales, segments);
    }

    private static Dictionary<string, string> Describe(StatisticsOrigin origin) => new()
    {
        [KindKey] = Kind,
        [VersionKey] = Version,
        [WeightsKey] = origin.Weights,
        [TargetKey] = Text(origin.Context.TargetLength),
        [MemoryKey] = Text(origin.Context.MemoryLength),
        [ClampKey] = Text(origin.Context.ClampLength),
        [SameKey] = Text(origin.Context.SameLength ? 1 : 0),
        [TokensKey] = Text(origin.MaxTokens),
    };

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hash(IEnumerable<Tensor> tensors)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Tensor tensor in tensors)
        {
            hash.AppendData(MemoryMarshal.AsBytes(tensor.Span));
            GC.KeepAlive(tensor);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
