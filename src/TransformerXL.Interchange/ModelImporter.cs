using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Interchange.HuggingFace.Encoders;
using TransformerXL.Interchange.HuggingFace.Xlnet;
using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Interchange;

/// <summary>
/// Converts a model of another program to a model folder: Hugging Face's TransfoXL, BERT, RoBERTa, XLM-RoBERTa, DistilBERT and XLNet, the reference implementation (a whole pickled model
/// or a state dictionary), the output of <see cref="ModelExporter"/>, or PyTorch's recurrent language model, as safetensors or in
/// PyTorch's format. Nothing in the files is executed.
/// </summary>
public static class ModelImporter
{
    /// <summary>Imports a model. Writes the whole model folder or nothing.</summary>
    /// <param name="from">A folder, or the weight file in a folder with its configuration and vocabulary.</param>
    /// <param name="to">The model folder to create.</param>
    /// <param name="options">Values that the files do not contain.</param>
    /// <param name="progress">Reports after every tensor that was read.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written then.</param>
    /// <exception cref="InputException">
    /// A file is missing, damaged or of an unsupported model, a hint is missing, or the folder already holds files; the message names it.
    /// </exception>
    public static ImportedModel Import(
        string from, string to, ImportOptions? options = null, IProgress<WeightProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(from);
        ArgumentException.ThrowIfNullOrEmpty(to);
        Require.Path(from);
        Require.Path(to);
        options ??= new ImportOptions();
        Require.That(!File.Exists(Path.Combine(to, ModelFiles.Configuration)), $"{to} holds a run or a model already; name another folder");
        from = SentencePooling.ModelFolderOf(from);
        IReadOnlyList<string> files = ModelFiles.Find(from);
        string? described = options.ConfigurationFile ?? ModelFiles.FindConfiguration(from);
        Require.Present("hints", options.Hints);
        if (described is not null && EncoderSettings.LayoutOf(described) is { } layout)
        {
            return EncoderImporter.Import(layout, described, from, to, files, options, progress, cancellationToken);
        }

        if (described is not null && ModelDescriptionJson.TypeOf(described) == XlnetSettings.Type)
        {
            return XlnetImporter.Import(described, from, to, files, options, progress, cancellationToken);
        }

        bool huggingFace = described is not null && ModelDescriptionJson.IsHuggingFace(described);
        if (described is not null && ModelDescriptionJson.TypeOf(described) is { } type && !ModelDescriptionJson.Types.Contains(type))
        {
            string[] known = [.. EncoderLayout.All.SelectMany(each => each.Types), XlnetSettings.Type, .. ModelDescriptionJson.Types];
            throw new InputException($"'{described}' has the model_type '{InputText.Show(type)}', which is not supported; {string.Join(", ", known)} are");
        }

        // Weights are read first: if the file has none, that error is more useful than a missing vocabulary.
        using StoredModel stored = StoredModel.Open(from, files, huggingFace);
        string vocabularyFile = options.VocabularyFile ?? StoredVocabulary.TryFind(ModelFiles.FolderOf(from)) ?? stored.VocabularyFile ?? throw StoredVocabulary.NotFound(ModelFiles.FolderOf(from));
        ModelDescription hints = options.Hints.Or(Describe(described, huggingFace)).Or(stored.Description);
        ModelConfiguration architecture = new Architecture(stored, hints).Infer(out ContextConfiguration context);
        Vocabulary vocabulary = StoredVocabulary.Load(vocabularyFile);
        int padding = VocabularyPadding.Explains(vocabulary.Count, architecture.VocabularySize) ? architecture.VocabularySize - vocabulary.Count : 0;
        architecture = architecture with { VocabularySize = architecture.VocabularySize - padding };
        architecture.Validate();
        Require.That(
            vocabulary.Count == architecture.VocabularySize,
            $"the vocabulary '{vocabularyFile}' has {vocabulary.Count} {vocabulary.Unit}s, but the model '{from}' {architecture.VocabularySize}");
        LanguageModel model = LanguageModel.Create(architecture);
        HeadConfiguration? headed = HeadExchange.Find(described, stored);
        TaskHead? head = headed is null ? null : HeadExchange.Load(stored, headed, architecture.HiddenWidth);
        WeightLoader.Load(stored, model, padding, head, progress, cancellationToken);
        ModelFolderConfiguration configuration = new()
        {
            Model = architecture,
            Context = context,
            Head = headed,
            Origin = Path.TrimEndingDirectorySeparator(Path.GetFullPath(from)),
        };
        cancellationToken.ThrowIfCancellationRequested();
        ModelFolder.Save(to, model, vocabulary, configuration, head);
        return new ImportedModel(Path.GetFullPath(to), configuration, vocabulary, vocabularyFile, files, model.Parameters.Values) { PaddingRows = padding };
    }

    private static ModelDescription Describe(string? path, bool huggingFace)
    {
        if (path is null)
        {
            return new ModelDescription();
        }

        try
        {
            return huggingFace ? ModelDescription.Of(TransfoXLConfiguration.Read(path)) : ModelDescription.Read(path);
        }
        catch (InputException exception) when (!exception.Message.Contains(path, StringComparison.Ordinal))
        {
            throw new InputException($"'{path}': {exception.Message}", exception);
        }
    }
}
