using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Interchange.HuggingFace.Encoders;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Interchange.HuggingFace;

/// <summary>The import of an encoder: which tensors were read, checks of tensors, configuration and vocabulary against each other, and what is the same for all kinds.</summary>
internal abstract class StoredEncoder(StoredModel stored)
{
    // Values of a model that no tensor holds: the biases of masked tokens where the head for them is missing, and what is left of a small model.
    private const long FreeValues = 1 << 20;

    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The tensor of that name, which then counts as read.</summary>
    /// <exception cref="InputException">There is none.</exception>
    protected StoredTensor Take(string name)
    {
        StoredTensor tensor = stored.Find(name);
        _used.Add(name);
        return tensor;
    }

    /// <summary>The size that the tensors have.</summary>
    /// <exception cref="InputException">The configuration gives another one.</exception>
    protected int Agree(string what, int? given, int found) => given is null || given == found
        ? found
        : throw new InputException($"'{stored.Path}': {what}: {given} by the configuration, but {found} by the tensors");

    /// <summary>Whether the prediction of masked tokens uses the embeddings. Where they are stored twice, both must be the same.</summary>
    /// <param name="decoder">The name of the softmax's table.</param>
    /// <param name="words">The name of the embedding.</param>
    /// <param name="ties">What <c>tie_word_embeddings</c> says.</param>
    /// <param name="predicts">Whether the model predicts masked tokens.</param>
    protected bool Ties(string decoder, string words, bool ties, bool predicts)
    {
        if (stored.TryFind(decoder) is not { } own)
        {
            Require.That(ties || !predicts, $"'{stored.Path}' has no tensor '{decoder}', although 'tie_word_embeddings' is false");
            return true;
        }

        StoredTensor table = stored.Find(words);
        Require.That(
            !ties || StoredModel.AreSame(own, table),
            $"'{stored.Path}': the tensors {own.Quoted} and {table.Quoted} are one parameter by 'tie_word_embeddings', but hold different values");
        return ties;
    }

    /// <summary>Refuses a parameter that is stored under two names with different values.</summary>
    protected void RequireSame(string name, string other)
    {
        if (stored.TryFind(name) is { } first && stored.TryFind(other) is { } second)
        {
            Require.That(StoredModel.AreSame(first, second), $"'{stored.Path}': the tensors {first.Quoted} and {second.Quoted} are one parameter, but hold different values");
        }
    }

    /// <summary>A model is created only if the files hold its values.</summary>
    private void RequireValues(EncoderConfiguration configuration)
    {
        long needed = ModelFootprint.Parameters(configuration), held = 0;
        foreach (StoredTensor tensor in stored.Tensors)
        {
            held = Math.Min(held + Math.Min(tensor.Entry.Count, needed), needed);
        }

        Require.That(
            needed - held <= FreeValues + configuration.VocabularySize,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"'{stored.Path}' holds {held:N0} values, but the model of its configuration has {needed:N0}; configuration and weights are not of one model"));
    }

    /// <summary>Reads a parameter of the model.</summary>
    /// <param name="parameter">The parameter to fill.</param>
    /// <param name="after">Rows that are stored after those of the parameter.</param>
    /// <param name="model">The model.</param>
    protected abstract void Read(Parameter parameter, int after, EncoderConfiguration model);

    /// <summary>Reads a parameter of the head.</summary>
    /// <param name="parameter">The parameter to fill.</param>
    /// <param name="isOfText">Whether the head predicts something about a whole text.</param>
    /// <param name="model">The model.</param>
    protected abstract void ReadHead(Parameter parameter, bool isOfText, EncoderConfiguration model);

    /// <summary>Refuses tensors of which nothing is known, after everything was read; returns the names of those that have no place here.</summary>
    protected abstract string[] RequireAllUsed();

    /// <summary>Reads every parameter, and writes the model folder.</summary>
    /// <param name="from">The folder, or the file of weights.</param>
    /// <param name="to">The folder to write.</param>
    /// <param name="files">The files of weights.</param>
    /// <param name="found">The architecture of the stored tensors.</param>
    /// <param name="headed">The head; null if there is none.</param>
    /// <param name="context">The lengths of segment and memory.</param>
    /// <param name="words">The vocabulary, its file, and the rows of the embedding after it.</param>
    /// <param name="progress">Reports after every parameter of the model.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    protected ImportedModel Convert(
        string from,
        string to,
        IReadOnlyList<string> files,
        EncoderConfiguration found,
        HeadConfiguration? headed,
        ContextConfiguration context,
        (Vocabulary Vocabulary, string File, int Padding) words,
        IProgress<WeightProgress>? progress,
        CancellationToken cancellationToken)
    {
        context.Validate();
        new TextTemplate(words.Vocabulary).RoomIn(context.TargetLength, "hints.targetLength");
        EncoderConfiguration configuration = found.ForVocabulary(words.Vocabulary) with { VocabularySize = words.Vocabulary.Count };
        JsonRecord.Validate(stored.Path, configuration.Validate);
        RequireValues(configuration);
        EncoderModel model = new(configuration);
        TaskHead? head = headed is null ? null : new TaskHead(headed, configuration.ModelSize);
        Load(model, head, words.Padding, progress, cancellationToken);
        string[] leftOut = RequireAllUsed();
        cancellationToken.ThrowIfCancellationRequested();
        ModelFolderConfiguration written = Save(from, to, model, words.Vocabulary, context, head);
        return new ImportedModel(Path.GetFullPath(to), written, words.Vocabulary, words.File, files, model.Parameters.Values) { PaddingRows = words.Padding, LeftOut = leftOut };
    }

    /// <summary>Reads every parameter; those of masked tokens that a model lacks are set to zero.</summary>
    private void Load(EncoderModel model, TaskHead? head, int padding, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        long done = 0;
        foreach (Parameter parameter in model.Parameters)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (parameter.Name.StartsWith("crit.", StringComparison.Ordinal) && !model.Configuration.PredictsMaskedTokens)
            {
                parameter.Value.Span.Clear();
            }
            else
            {
                Read(parameter, VocabularyPadding.Concerns(parameter.Name, 0, 1) ? padding : 0, model.Configuration);
            }

            progress?.Report(new WeightProgress(done += parameter.Value.Count, model.Parameters.Values));
        }

        foreach (Parameter parameter in head?.Parameters ?? [])
        {
            ReadHead(parameter, head!.Configuration.IsOfText, model.Configuration);
        }

        GC.KeepAlive(model);
        GC.KeepAlive(head);
    }

    /// <summary>The vocabulary, and the rows of the embedding after it.</summary>
    /// <param name="from">The folder, or the file of weights.</param>
    /// <param name="options">Names the file, if it is not in the folder.</param>
    /// <param name="rows">Rows of the embedding.</param>
    /// <exception cref="InputException">There is none, or it has another number of tokens.</exception>
    protected static (Vocabulary Vocabulary, string File, int Padding) LoadVocabulary(string from, ImportOptions options, int rows)
    {
        string file = options.VocabularyFile ?? StoredVocabulary.TryFind(ModelFiles.FolderOf(from)) ?? throw StoredVocabulary.NotFound(ModelFiles.FolderOf(from));
        Vocabulary vocabulary = StoredVocabulary.Load(file);
        int padding = VocabularyPadding.Explains(vocabulary.Count, rows) ? rows - vocabulary.Count : 0;
        Require.That(
            vocabulary.Count + padding == rows, $"the vocabulary '{file}' has {vocabulary.Count} {vocabulary.Unit}s, but the model '{from}' {rows}");
        return (vocabulary, file, padding);
    }

    /// <summary>Refuses tensors of which nothing is known; returns the names of those that have no place here.</summary>
    /// <param name="alsoUsed">Names that need not have been read.</param>
    /// <param name="ignored">Ends of the names of tensors that are no parameters.</param>
    /// <param name="leftOut">Names that have no place here.</param>
    protected string[] RequireAllUsed(IEnumerable<string> alsoUsed, IReadOnlyCollection<string> ignored, IReadOnlyCollection<string> leftOut)
    {
        _used.UnionWith(alsoUsed);
        StoredTensor[] rest = [.. stored.Tensors.Where(tensor => !_used.Contains(tensor.Name) && !ignored.Any(end => tensor.Name.EndsWith(end, StringComparison.Ordinal)))];
        string[] unknown = [.. rest.Where(tensor => !leftOut.Contains(tensor.Name)).Select(tensor => tensor.Quoted)];
        Require.That(
            unknown.Length == 0,
            $"'{stored.Path}': {(unknown.Length == 1 ? "the tensor" : $"{unknown.Length} tensors")} {string.Join(", ", unknown.Take(3))}{(unknown.Length > 3 ? ", ..." : "")} {(unknown.Length == 1 ? "belongs" : "belong")} to no parameter of this model");
        return [.. rest.Select(tensor => tensor.Entry.Name).Order(StringComparer.Ordinal)];
    }

    /// <summary>Writes the model folder.</summary>
    private static ModelFolderConfiguration Save(string from, string to, EncoderModel model, Vocabulary vocabulary, ContextConfiguration context, TaskHead? head)
    {
        ModelFolderConfiguration written = new()
        {
            Model = model.Configuration,
            Context = context,
            Head = head?.Configuration,
            Embedding = SentencePooling.Find(ModelFiles.FolderOf(from), model.Configuration.ModelSize),
            Origin = Path.TrimEndingDirectorySeparator(Path.GetFullPath(from)),
        };
        ModelFolder.Save(to, model, vocabulary, written, head);
        return written;
    }
}
