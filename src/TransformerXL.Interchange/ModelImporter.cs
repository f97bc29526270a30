using TransformerXL.Heads;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Interchange;

/// <summary>
/// Makes a model folder of a model of another program: of Hugging Face's TransfoXL, of the reference implementation (a whole pickled model
/// or a state dictionary), of <see cref="ModelExporter"/>, or of PyTorch's recurrent language model, as safetensors or as
/// PyTorch saves. Nothing in the files is executed.
/// </summary>
public static class ModelImporter
{
    /// <summary>Imports a model. The model folder is there whole or not at all.</summary>
    /// <param name="from">A folder, or the file of the weights with what belongs to it beside it.</param>
    /// <param name="to">The model folder to make.</param>
    /// <param name="options">What the files do not tell.</param>
    /// <param name="progress">Reports after every tensor that was read.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written then.</param>
    /// <exception cref="InputException">
    /// A file is missing, damaged or of another kind of model, something must be told, or the folder holds files already; the message names it.
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
        IReadOnlyList<string> files = ModelFiles.Find(from);
        string? described = options.ConfigurationFile ?? ModelFiles.FindConfiguration(from);
        bool huggingFace = described is not null && ModelDescriptionJson.IsHuggingFace(described);
        // The weights first: a file that holds none lacks more than a vocabulary beside it.
        using StoredModel stored = StoredModel.Open(from, files, huggingFace);
        Require.Present("what is told", options.Hints);
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
