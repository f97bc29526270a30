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

    private const int PieceValues = 1 << 14;

    /// <summary>Writes all parameters; the old file stays whole until the new one is.</summary>
    public static void Save(string path, LanguageModel model, IReadOnlyDictionary<string, string>? metadata = null)
    {
        List<SafetensorsItem> items = [];
        foreach (Parameter parameter in model.Parameters)
        {
            items.Add(Item(parameter));
        }

        SafetensorsWriter.WriteSummed(path, items, metadata);
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
        RequireTensors(file, model);
        long done = 0;
        foreach (Parameter parameter in model.Parameters)
        {
            cancellationToken.ThrowIfCancellationRequested();
            parameter.Fill(value => ReadValues(file, parameter.Name, value));
            progress?.Report(new WeightProgress(done += parameter.Shape.Count, model.Parameters.Values));
        }
    }

    /// <summary>Checks the header of a file now, and reads each parameter from it at its first use.</summary>
    /// <param name="path">The file; it stays open until all parameters are read, or nothing refers to the model.</param>
    /// <param name="model">The model to fill.</param>
    /// <param name="progress">Reports after every tensor.</param>
    /// <exception cref="InputException">The header is damaged, lacks a parameter, or has one of another shape or unknown name. Damaged values give this error at the first use.</exception>
    private static void LoadAtFirstUse(string path, LanguageModel model, IProgress<WeightProgress>? progress)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            RequireTensors(file, model);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        long left = model.Parameters.Values, all = left;
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Defer(value =>
            {
                ReadAtFirstUse(file, parameter.Name, value);
                long rest = Interlocked.Add(ref left, -value.Count);
                progress?.Report(new WeightProgress(all - rest, all));
                if (rest == 0)
                {
                    file.Dispose();
                }
            });
        }
    }

    private static void ReadAtFirstUse(SafetensorsFile file, string name, Tensor value)
    {
        try
        {
            ReadValues(file, name, value);
        }
        catch (InputException exception)
        {
            throw new InputException(exception.Message, exception) { File = file.Path };
        }
    }

    private static void RequireTensors(SafetensorsFile file, LanguageModel model)
    {
        HashSet<string> expected = [Frequencies, .. model.Softmax.TiedNames()];
        foreach (Parameter parameter in model.Parameters)
        {
            RequireShape(file, parameter.Name, parameter.Shape);
            expected.Add(parameter.Name);
        }

        WeightEntry? unknown = file.Entries.FirstOrDefault(entry => !expected.Contains(entry.Name));
        Require.That(unknown is null, $"{file.Path}: the tensor '{InputText.Show(unknown?.Name)}' belongs to no parameter of this model");
    }

    /// <summary>Reads all parameters now, or each at its first use.</summary>
    internal static void Load(string path, LanguageModel model, bool atFirstUse, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        if (atFirstUse)
        {
            LoadAtFirstUse(path, model, progress);
        }
        else
        {
            Load(path, model, progress, cancellationToken);
        }
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

    /// <summary>Checks that a file holds the tensors of a model, without allocating the model or reading a value.</summary>
    /// <returns>The number of trained values.</returns>
    /// <exception cref="InputException">The header is damaged, lacks a parameter, or has one of another shape or unknown name.</exception>
    internal static long RequireFit(string path, ModelConfiguration configuration)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        LanguageModel model = LanguageModel.CreateDry(configuration);
        RequireTensors(file, model);
        return model.Parameters.Values;
    }

    internal static SafetensorsItem Item(string name, Tensor tensor)
    {
        long[] shape = [.. Enumerable.Range(0, tensor.Shape.Rank).Select(axis => (long)tensor.Shape[axis])];
        return new SafetensorsItem(name, SafetensorsType.F32, shape, stream => SafetensorsItem.WriteFloats(stream, tensor.Span));
    }

    /// <summary>A parameter, a piece at a time: one that is kept as bfloat16 is not widened as a whole.</summary>
    private static SafetensorsItem Item(Parameter parameter)
    {
        parameter.RequireValue();
        Shape shape = parameter.Shape;
        return new SafetensorsItem(parameter.Name, SafetensorsType.F32, [.. Enumerable.Range(0, shape.Rank).Select(axis => (long)shape[axis])], stream =>
        {
            foreach (ReadOnlyMemory<float> piece in Pieces(parameter))
            {
                SafetensorsItem.WriteFloats(stream, piece.Span);
            }
        });
    }

    /// <summary>The values of a parameter in order, in memory that the next piece overwrites.</summary>
    internal static IEnumerable<ReadOnlyMemory<float>> Pieces(Parameter parameter)
    {
        float[] piece = new float[Math.Min(PieceValues, parameter.Shape.Count)];
        for (long first = 0; first < parameter.Shape.Count; first += piece.Length)
        {
            int count = (int)Math.Min(piece.Length, parameter.Shape.Count - first);
            parameter.Read(first, piece.AsSpan(0, count));
            yield return piece.AsMemory(0, count);
        }
    }

    internal static void Read(WeightFile file, string name, Tensor destination)
    {
        RequireShape(file, name, destination.Shape);
        ReadValues(file, name, destination);
    }

    private static void RequireShape(WeightFile file, string name, Shape shape)
    {
        WeightEntry entry = file.Find(name);
        IEnumerable<long> wanted = Enumerable.Range(0, shape.Rank).Select(axis => (long)shape[axis]);
        Require.That(
            entry.Shape.SequenceEqual(wanted),
            $"{file.Path}: the tensor '{name}' has shape ({string.Join(", ", entry.Shape)}), but {shape} is needed");
    }

    private static void ReadValues(WeightFile file, string name, Tensor destination)
    {
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
            destination.Fill(value => source.Value.CopyTo(value));
        }

        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }

    /// <summary>SHA-256 of the values of all parameters, in hexadecimal.</summary>
    public static string Fingerprint(LanguageModel model)
    {
        string fingerprint = Fingerprint(model.Parameters);
        GC.KeepAlive(model);
        return fingerprint;
    }

    /// <summary>The same of some parameters, whose owner the caller keeps alive.</summary>
    internal static string Fingerprint(IEnumerable<Parameter> parameters)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Parameter parameter in parameters)
        {
            foreach (ReadOnlyMemory<float> piece in Pieces(parameter))
            {
                hash.AppendData(MemoryMarshal.AsBytes(piece.Span));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
