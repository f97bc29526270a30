using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TransformerXL.Files;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>Weights of a model under the names of the reference implementation: as safetensors.</summary>
public static class ModelWeights
{
    // A table of frequencies that the reference stores with the weights but never trains.
    private const string Frequencies = "pos_emb.inv_freq";

    // Below this number no check is made before the model is created: comparing the tensors then gives a better error.
    private const long AffordableValues = 1 << 20;

    /// <summary>Writes all parameters; the old file stays whole until the new one is.</summary>
    public static void Save(string path, LanguageModel model, IReadOnlyDictionary<string, string>? metadata = null)
    {
        List<SafetensorsItem> items = [];
        foreach (Parameter parameter in model.Parameters)
        {
            items.Add(Item(parameter.Name, Stored(parameter)));
        }

        SafetensorsWriter.Write(path, items, metadata);
    }

    /// <summary>Reads all parameters.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model to fill.</param>
    /// <param name="progress">Reports after every tensor.</param>
    /// <param name="cancellationToken">Ends the reading; some weights have changed then.</param>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    /// <exception cref="InputException">The file is damaged, lacks a parameter, or holds one of another shape or unknown name.</exception>
    public static void Load(string path, LanguageModel model, IProgress<WeightProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        HashSet<string> expected = [Frequencies, .. model.Softmax.TiedNames()];
        long done = 0;
        foreach (Parameter parameter in model.Parameters)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Read(file, parameter.Name, parameter.Value);
            expected.Add(parameter.Name);
            progress?.Report(new WeightProgress(done += parameter.Value.Span.Length, model.Parameters.Values));
        }

        WeightEntry? unknown = file.Entries.FirstOrDefault(entry => !expected.Contains(entry.Name));
        Require.That(unknown is null, $"{path}: the tensor '{InputText.Show(unknown?.Name)}' belongs to no parameter of this model");
    }

    /// <summary>Compares the size of a model with that of a file before the model is made: a configuration may claim any size.</summary>
    /// <exception cref="InputException">The file is damaged, or holds far fewer values than the model needs; the message has both numbers.</exception>
    internal static void RequireValues(string path, ModelConfiguration configuration)
    {
        long needed = ModelFootprint.Parameters(configuration), stored = 0;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach (WeightEntry entry in file.Entries)
        {
            stored = Math.Min(stored + Math.Min(entry.Count, needed), needed);
        }

        Require.That(
            needed - stored <= AffordableValues,
            string.Create(CultureInfo.InvariantCulture, $"'{path}' holds {stored:N0} values, but the model of its configuration has {needed:N0}; configuration and weights are not of one model"));
    }

    internal static SafetensorsItem Item(string name, Tensor tensor)
    {
        long[] shape = [.. Enumerable.Range(0, tensor.Shape.Rank).Select(axis => (long)tensor.Shape[axis])];
        return new SafetensorsItem(name, SafetensorsType.F32, shape, stream => SafetensorsItem.WriteFloats(stream, tensor.Span));
    }

    internal static void Read(WeightFile file, string name, Tensor destination)
    {
        WeightEntry entry = file.Find(name);
        IEnumerable<long> wanted = Enumerable.Range(0, destination.Shape.Rank).Select(axis => (long)destination.Shape[axis]);
        Require.That(
            entry.Shape.SequenceEqual(wanted),
            $"{file.Path}: the tensor '{name}' has shape ({string.Join(", ", entry.Shape)}), but {destination.Shape} is needed");
        file.ReadFloats(name, destination.Span);
        Require.That(AllFinite(destination.Span), $"{file.Path}: the tensor '{name}' holds values that are not finite numbers; the file is damaged");
    }

    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A model of the same configuration and weights that changes independently.</summary>
    internal static LanguageModel Copy(LanguageModel model)
    {
        LanguageModel copy = LanguageModel.Create(model.Configuration);
        CopyValues(model, copy);
        return copy;
    }

    /// <summary>Gives a model the weights of another one of the same configuration.</summary>
    internal static void CopyValues(LanguageModel from, LanguageModel to)
    {
        foreach ((Parameter source, Parameter destination) in from.Parameters.Zip(to.Parameters))
        {
            source.Value.CopyTo(destination.Value);
        }

        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }

    /// <summary>SHA-256 of the values of all parameters, in hexadecimal.</summary>
    public static string Fingerprint(LanguageModel model)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Parameter parameter in model.Parameters)
        {
            hash.AppendData(MemoryMarshal.AsBytes(Stored(parameter).Span));
        }

        GC.KeepAlive(model);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <exception cref="InvalidOperationException">A session that owns the model has taken the memory of the parameter.</exception>
    private static Tensor Stored(Parameter parameter) => parameter.Value.IsEmpty
        ? throw new InvalidOperationException($"{parameter.Name} has given its memory to a session that owns the model; the weights can be read no more")
        : parameter.Value;
}
