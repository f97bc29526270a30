using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace.Encoders;
using TransformerXL.Interchange.HuggingFace.Xlnet;
using TransformerXL.Models;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Interchange;

/// <summary>Writes a model for other programs: weights as safetensors, configuration as JSON, and the vocabulary.</summary>
public static class ModelExporter
{
    private static readonly string[] Files =
    [
        ModelFiles.Configuration, HuggingFaceLayout.Weights, ReferenceLayout.Weights,
        StoredVocabulary.Own, StoredVocabulary.Tokenizer, StoredVocabulary.Ids, StoredVocabulary.Merges, StoredVocabulary.Symbols, WordPieceFile.RulesName, SentencePooling.Modules, SentencePooling.Folder,
    ];

    /// <summary>Exports a model. Writes the whole folder or nothing.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="to">The folder to write.</param>
    /// <param name="format">The layout.</param>
    /// <param name="replace">Whether a folder with an exported model, and nothing else, is replaced.</param>
    /// <param name="progress">Reports after every tensor that was written.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written then.</param>
    /// <returns>The names of the files.</returns>
    /// <exception cref="InputException">The layout cannot represent the model, or the folder already holds files; the message names the reasons or the files.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static IReadOnlyList<string> Export(
        ModelFolder trained, string to, ExportFormat format, bool replace = false, IProgress<WeightProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentException.ThrowIfNullOrEmpty(to);
        Require.Known("format", format);
        trained = format == ExportFormat.HuggingFace ? trained.InOwnUnits() : trained;
        EncoderLayout? encoder = null;
        bool isXlnet = format == ExportFormat.HuggingFace && XlnetExporter.IsFor(trained.Model.Configuration);
        if (isXlnet)
        {
            XlnetExporter.RequirePlace(trained);
        }
        else if (format == ExportFormat.HuggingFace && !trained.Model.Configuration.IsCausal)
        {
            encoder = EncoderExporter.LayoutFor(trained);
        }
        else if (format == ExportFormat.HuggingFace)
        {
            HuggingFaceLayout.RequirePlace(trained.Model.Configuration, trained.Configuration.Context);
        }
        else
        {
            string? reason = ReferenceLayout.WhyNot(trained.Model.Configuration);
            Require.That(reason is null, $"the layout of the reference has no place for {reason}");
        }

        Require.That(!ModelFolderFiles.IsIn(to), $"'{to}' is not replaced: it is a model folder, not an earlier export");
        string[] names = [];
        AtomicDirectory.Write(to, replace ? Files : null, folder =>
        {
            if (isXlnet)
            {
                XlnetExporter.Write(folder, trained, items => Hints(items, progress, cancellationToken));
            }
            else if (encoder is not null)
            {
                EncoderExporter.Write(folder, trained, encoder, items => Hints(items, progress, cancellationToken));
            }
            else if (format == ExportFormat.HuggingFace)
            {
                HuggingFaceLayout.Write(folder, trained, items => Hints([.. items, .. HeadExchange.Items(trained.Head)], progress, cancellationToken));
            }
            else
            {
                ReferenceLayout.Write(folder, trained, items => Hints([.. items, .. HeadExchange.Items(trained.Head)], progress, cancellationToken));
            }

            if (trained.Head is { } head && encoder is null && !isXlnet)
            {
                HeadExchange.AddTo(Path.Combine(folder, ModelFiles.Configuration), head.Configuration);
            }

            VocabularyFiles.Write(folder, trained.Vocabulary);
            names = [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
        });
        return names;
    }

    /// <summary>The same tensors, which report when they are written.</summary>
    private static List<SafetensorsItem> Hints(List<SafetensorsItem> items, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        long total = items.Sum(Values), done = 0;
        return items.ConvertAll(item => item with
        {
            Write = stream =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                item.Write(stream);
                progress?.Report(new WeightProgress(done += Values(item), total));
            },
        });

        static long Values(SafetensorsItem item) => item.Shape.Aggregate(1L, (product, size) => product * size);
    }
}
