using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL;

/// <summary>
/// A model ready for use, from a folder: <c>config.json</c> (architecture and lengths), <c>vocabulary.json</c>, and the weights. A
/// model folder holds these alone, the weights as <c>model.safetensors</c>. The folder of a run is read as well; there the weights
/// are those of a checkpoint.
/// </summary>
public sealed class ModelFolder
{
    private ModelFolder(string path, ModelFolderConfiguration configuration, Vocabulary vocabulary, LanguageModel model, TaskHead? head)
    {
        (Path, Configuration, Vocabulary, Model, Head) = (path, configuration, vocabulary, model, head);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Architecture and lengths.</summary>
    public ModelFolderConfiguration Configuration { get; }

    /// <summary>The vocabulary of its tokens.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; }

    /// <summary>What is computed from the hidden states of the model for a task; null for a language model.</summary>
    public TaskHead? Head { get; }

    /// <summary>The checkpoint of a run that the weights are from, such as <c>best</c>; null where the folder is no run.</summary>
    public string? Checkpoint { get; private init; }

    /// <summary>The optimizer steps that had been taken when the weights were saved; null where the folder is no run.</summary>
    public long? Step { get; private init; }

    /// <summary>The file of the vocabulary.</summary>
    public string VocabularyFile => ModelFolderFiles.Vocabulary(Path);

    /// <summary>The default options of an evaluation, see <see cref="ModelFolderConfiguration.DefaultEvaluation"/>.</summary>
    public EvaluationOptions DefaultEvaluation() => Configuration.DefaultEvaluation();

    /// <summary>The same model; one that predicts a number with a head that computes the number itself (<see cref="TaskHead.InOwnUnits"/>).</summary>
    internal ModelFolder InOwnUnits() => Head?.InOwnUnits() is { } head && head != Head
        ? new ModelFolder(Path, Configuration with { Head = head.Configuration }, Vocabulary, Model, head) { Checkpoint = Checkpoint, Step = Step }
        : this;

    /// <summary>Loads a model folder, or a model of a run.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint">
    /// Of a run <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>; if null the best, or the last where no validation has chosen any.
    /// </param>
    /// <param name="progress">Reports after every tensor that was read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">The folder holds no model, no such checkpoint, or damaged files; the message names the file.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static ModelFolder Load(string path, string? checkpoint = null, IProgress<WeightProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Read(path, checkpoint, atFirstUse: false, progress, cancellationToken);

    /// <summary>
    /// Opens a model folder, or a model of a run, whose weights are read one by one when they are first used. A session that owns the model (<see cref="InferenceOptions.OwnsModel"/>) then never has
    /// all of them in memory in float32: it needs little more than the prepared weights.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint">As for <see cref="Load"/>.</param>
    /// <param name="progress">Reports after every tensor that was read, on the thread that uses it first.</param>
    /// <exception cref="InputException">
    /// The folder holds no model, no such checkpoint, or files that do not belong together; the message names the file. Damaged values of a weight give this error when it is first used.
    /// </exception>
    public static ModelFolder Open(string path, string? checkpoint = null, IProgress<WeightProgress>? progress = null) =>
        Read(path, checkpoint, atFirstUse: true, progress, CancellationToken.None);

    private static ModelFolder Read(string path, string? checkpoint, bool atFirstUse, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelFolderConfiguration configuration = ModelFolderFiles.ReadConfiguration(path, out bool holdsRun);
        string folder = System.IO.Path.GetFullPath(path);
        string vocabularyFile = ModelFolderFiles.Vocabulary(folder);
        Require.That(
            File.Exists(vocabularyFile),
            $"{path} lacks {ModelFolderFiles.VocabularyName}, without which its model can neither read nor write text; if there is a copy of the file, put it back");
        Vocabulary vocabulary = Vocabulary.Load(vocabularyFile);
        Require.That(
            vocabulary.Count == configuration.Model.VocabularySize,
            $"{path}: vocabulary.json holds {vocabulary.Count} tokens, but config.json says {configuration.Model.VocabularySize}");
        TaskHead? head = configuration.Head is null ? null : new TaskHead(configuration.Head, configuration.Model.HiddenWidth);
        if (holdsRun)
        {
            RunCheckpoints checkpoints = new(folder);
            string chosen = checkpoint is null ? checkpoints.FindForUse() : checkpoints.Find(checkpoint);
            ModelWeights.RequireValues(CheckpointFiles.WeightsFile(chosen), configuration.Model);
            LanguageModel trained = LanguageModel.Create(configuration.Model);
            long step = CheckpointFiles.LoadWeights(chosen, trained, head, atFirstUse, progress, cancellationToken);
            return new ModelFolder(folder, configuration, vocabulary, trained, head) { Checkpoint = System.IO.Path.GetFileName(chosen), Step = step };
        }

        Require.That(checkpoint is null, $"'{path}' is a model folder and has no checkpoint '{checkpoint}': it holds one set of weights, {CheckpointFiles.Weights}");
        string weights = ModelFolderFiles.Weights(folder);
        Require.That(File.Exists(weights), ModelFolderFiles.WeightsMissing(path));
        ModelWeights.RequireValues(weights, configuration.Model);
        LanguageModel model = LanguageModel.Create(configuration.Model);
        ModelWeights.Load(weights, model, atFirstUse, progress, cancellationToken);
        if (head is not null)
        {
            HeadWeights.Load(ModelFolderFiles.Head(folder), head);
        }

        return new ModelFolder(folder, configuration, vocabulary, model, head);
    }

    /// <summary>Writes a model folder. It is there whole or not at all.</summary>
    /// <param name="path">The folder; it must not exist, or be empty.</param>
    /// <param name="model">The weights.</param>
    /// <param name="vocabulary">The vocabulary of its tokens.</param>
    /// <param name="configuration">Architecture, which must be that of the weights, and lengths.</param>
    /// <param name="head">What the configuration calls the head of the model; null for a language model.</param>
    /// <exception cref="InputException">The folder holds files already or cannot be written, or the vocabulary has another size than the model.</exception>
    /// <exception cref="ArgumentException">The configuration is of another architecture than the weights.</exception>
    public static void Save(string path, LanguageModel model, Vocabulary vocabulary, ModelFolderConfiguration configuration, TaskHead? head = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        ModelFolderConfiguration written = configuration with { Model = model.Configuration.Resolve() };
        if (!ModelFolderFiles.AreSame(written, configuration with { Model = configuration.Model.Resolve() }))
        {
            throw new ArgumentException("The configuration is of another architecture than the model.", nameof(configuration));
        }

        if ((head is null) != (configuration.Head is null))
        {
            throw new ArgumentException($"The configuration {(head is null ? "has" : "lacks")} a head, but the model {(head is null ? "lacks" : "has")} one.", nameof(head));
        }

        Require.That(
            vocabulary.Count == written.Model.VocabularySize,
            $"the vocabulary has {vocabulary.Count} {vocabulary.Unit}s, but the model {written.Model.VocabularySize}");
        AtomicDirectory.Write(path, replaceable: null, folder =>
        {
            ModelFolderFiles.WriteConfiguration(folder, written);
            vocabulary.Save(ModelFolderFiles.Vocabulary(folder));
            ModelWeights.Save(ModelFolderFiles.Weights(folder), model);
            if (head is not null)
            {
                HeadWeights.Save(ModelFolderFiles.Head(folder), head.Parameters);
            }
        });
    }
}
