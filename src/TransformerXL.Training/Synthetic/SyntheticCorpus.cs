using TransformerXL.Files;
using TransformerXL.Text;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// Writes texts of a <see cref="SyntheticLanguage"/> as a prepared data set: independent training, validation and test texts,
/// <c>dataset.json</c>, and <c>test.optimum</c> (<see cref="TextOptimum"/>).
/// </summary>
public static class SyntheticCorpus
{
    private const int HeldOutShare = 20, Chunk = 1 << 16;

    /// <summary>Writes the data set, streaming.</summary>
    /// <param name="language">The language.</param>
    /// <param name="folder">The folder to write; it is created if it does not exist. If it holds this data set already, nothing is written; another one is refused.</param>
    /// <param name="size">Characters of training text; validation and test text have a twentieth of it each.</param>
    /// <param name="seed">The same seed gives the same texts.</param>
    /// <param name="progress">Reports after every piece of text.</param>
    /// <param name="cancellationToken">Stops the work; the folder is then not a prepared data set.</param>
    /// <returns>The manifest of the data set.</returns>
    /// <exception cref="InputException">The size is out of range, or the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static DatasetManifest Write(
        SyntheticLanguage language, string folder, long size, ulong seed, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(language);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Require.Between("size", size, 1000, 1L << 34);
        DatasetManifest manifest = new()
        {
            Name = language.Name,
            Train = "train.txt",
            Validation = "valid.txt",
            Test = "test.txt",
            Vocabulary = new VocabularyOptions(),
        };
        string request = language.Request(seed, size), optimum = Path.ChangeExtension(manifest.Test, TextOptimum.Extension);
        string[] files = [DatasetManifest.FileName, manifest.Train, manifest.Validation, manifest.Test, optimum];
        if (UnfinishedFolder.IsComplete(folder, request, files))
        {
            return DatasetManifest.Read(folder);
        }

        DatasetManifest.RequireNone(folder);
        try
        {
            using UnfinishedFolder unfinished = UnfinishedFolder.Begin(folder, _ => false, () => Array.ForEach(files, name => File.Delete(Path.Combine(folder, name))));
            long done = 0;
            foreach ((string file, ulong stream, long count) in ((string, ulong, long)[])[(manifest.Train, 0, size), (manifest.Validation, 1, size / HeldOutShare), (manifest.Test, 2, size / HeldOutShare)])
            {
                WriteText(Path.Combine(folder, file), Take(language.Generate(seed, stream), count), written => progress?.Report(new DatasetProgress(file, done + written)), cancellationToken);
                done += count;
            }

            TextOptimum.Write(Path.Combine(folder, optimum), Take(language.Generate(seed, 2), size / HeldOutShare), size / HeldOutShare, cancellationToken);
            manifest.Write(folder);
            unfinished.Complete(request);
            return manifest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be written: {FileFault.Reason(exception)}", exception);
        }
    }

    private static void WriteText(string path, IEnumerable<SyntheticCharacter> text, Action<long> report, CancellationToken cancellationToken) => AtomicFile.Write(path, stream =>
    {
        byte[] buffer = new byte[Chunk];
        int used = 0;
        long written = 0;
        foreach (SyntheticCharacter character in text)
        {
            buffer[used++] = (byte)character.Symbol;
            if (used == buffer.Length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                stream.Write(buffer);
                report(written += used);
                used = 0;
            }
        }

        stream.Write(buffer, 0, used);
        report(written + used);
    });

    private static IEnumerable<SyntheticCharacter> Take(IEnumerable<SyntheticCharacter> text, long count)
    {
        foreach (SyntheticCharacter character in text)
        {
            if (count-- == 0)
            {
                yield break;
            }

            yield return character;
        }
    }
}
