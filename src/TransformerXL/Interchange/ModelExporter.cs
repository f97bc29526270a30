using TransformerXL.Training;

namespace TransformerXL.Interchange;

/// <summary>Writes a model of a run for other programs: weights as safetensors, configuration as JSON, and the vocabulary.</summary>
public static class ModelExporter
{
    private static readonly string[] Files =
    [
        ModelFiles.Configuration, HuggingFaceLayout.Weights, ReferenceLayout.Weights,
        StoredVocabulary.Own, StoredVocabulary.Tokenizer, StoredVocabulary.Ids, StoredVocabulary.Merges, StoredVocabulary.Symbols,
    ];

    /// <summary>Exports a model. The folder is there whole or not at all.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="to">The folder to write.</param>
    /// <param name="format">The layout.</param>
    /// <param name="replace">Whether a folder with an exported model, and nothing else, is replaced.</param>
    /// <returns>The names of the files.</returns>
    /// <exception cref="InputException">The layout has no place for the model, or the folder holds files already; the message names them.</exception>
    public static IReadOnlyList<string> Export(TrainedModel trained, string to, ExportFormat format, bool replace = false)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentException.ThrowIfNullOrEmpty(to);
        Require.Known("format", format);
        if (format == ExportFormat.HuggingFace)
        {
            HuggingFaceLayout.RequirePlace(trained.Model.Configuration, trained.Configuration.Context);
        }

        string[] names = [];
        WholeFolder.Write(to, replace ? Files : null, folder =>
        {
            if (format == ExportFormat.HuggingFace)
            {
                HuggingFaceLayout.Write(folder, trained);
            }
            else
            {
                ReferenceLayout.Write(folder, trained);
            }

            VocabularyFiles.Write(folder, trained.Vocabulary);
            names = [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        });
        return names;
    }
}
