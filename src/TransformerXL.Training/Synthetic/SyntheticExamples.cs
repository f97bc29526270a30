using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Tensors.Random;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Training.Synthetic;

/// <summary>Labelled examples by rules, to test what a model of a task can learn. The rules make every example solvable.</summary>
public abstract class SyntheticExamples
{
    private const int HeldOutShare = 10;

    private protected SyntheticExamples()
    {
    }

    /// <summary>The name under which it is asked for.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence with its sizes.</summary>
    public abstract string Description { get; }

    /// <summary>The ending of the files.</summary>
    private protected abstract string Extension { get; }

    /// <summary>Writes training, validation and test examples as <c>train</c>, <c>valid</c> and <c>test</c>, streaming.</summary>
    /// <param name="folder">The folder to write; it is created where it is missing, and must be empty.</param>
    /// <param name="count">Training examples; validation and test have a tenth of them each.</param>
    /// <param name="seed">The same seed gives the same examples.</param>
    /// <param name="progress">Told after every example.</param>
    /// <param name="cancellationToken">Stops the work; the folder is then left as it was.</param>
    /// <exception cref="InputException">The count is out of range, or the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public void Write(string folder, int count, ulong seed, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Require.Between("number of examples", count, HeldOutShare, 1 << 24);
        string[] names = [$"train{Extension}", $"valid{Extension}", $"test{Extension}"];
        try
        {
            using UnfinishedFolder unfinished = UnfinishedFolder.Begin(folder, _ => false, () => Array.ForEach(names, name => File.Delete(Path.Combine(folder, name))));
            int done = 0;
            for (int part = 0; part < names.Length; part++)
            {
                (string name, RandomStream random, int size) = (names[part], new RandomStream(seed, (ulong)part), part == 0 ? count : count / HeldOutShare);
                AtomicFile.Write(Path.Combine(folder, name), stream =>
                {
                    using Utf8JsonWriter json = new(stream, new JsonWriterOptions { SkipValidation = true });
                    Write(stream, json, size, random, () =>
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        progress?.Report(new DatasetProgress(name, ++done));
                    });
                });
            }

            unfinished.Complete();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the examples of a file.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="json">Writes to the file.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="random">All chance.</param>
    /// <param name="written">Called after each example.</param>
    private protected abstract void Write(Stream stream, Utf8JsonWriter json, int count, RandomStream random, Action written);

    /// <summary>One of some words, each equally likely.</summary>
    private protected static string Choose(RandomStream random, IReadOnlyList<string> words) => words[random.NextInt(words.Count)];
}
