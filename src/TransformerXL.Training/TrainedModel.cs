using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Training;

/// <summary>A model of a run with its vocabulary, ready to be evaluated and to write.</summary>
public sealed class TrainedModel
{
    private TrainedModel(RunDirectory run, RunConfiguration configuration, Vocabulary vocabulary, LanguageModel model, TrainingState state)
    {
        (Run, Configuration, Vocabulary, Model, State) = (run, configuration, vocabulary, model, state);
    }

    /// <summary>The folder it came from.</summary>
    public RunDirectory Run { get; }

    /// <summary>How it was trained.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>What its tokens stand for.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The weights.</summary>
    public LanguageModel Model { get; }

    /// <summary>How far it was trained.</summary>
    public TrainingState State { get; }

    /// <summary>Loads weights of a run.</summary>
    /// <param name="path">The folder of the run.</param>
    /// <param name="checkpoint">
    /// <c>best</c>, <c>last</c>, <c>average</c> or <c>step-N</c>; if null the best, or the last where no validation has chosen any.
    /// </param>
    /// <param name="progress">Told after every tensor that was read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">The folder holds no run, no checkpoint, or damaged files.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static TrainedModel Load(string path, string? checkpoint = null, IProgress<WeightProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        RunDirectory run = RunDirectory.Open(path);
        RunConfiguration configuration = run.ReadConfiguration();
        Vocabulary vocabulary = run.ReadVocabulary();
        Require.That(
            vocabulary.Count == configuration.Model.VocabularySize,
            $"{path}: vocabulary.json holds {vocabulary.Count} tokens, but config.json says {configuration.Model.VocabularySize}");
        string folder = checkpoint is not null ? run.FindCheckpoint(checkpoint) : Standard(run);
        Checkpoint.RequireValues(folder, configuration.Model);
        LanguageModel model = LanguageModel.Create(configuration.Model);
        return new TrainedModel(run, configuration, vocabulary, model, LoadWeights(folder, model, progress, cancellationToken));
    }

    private static string Standard(RunDirectory run)
    {
        IReadOnlyList<string> missing = Checkpoint.Missing(run.BestCheckpoint, training: false);
        Require.That(
            missing.Count == 0,
            $"the checkpoint {run.BestCheckpoint} lacks {string.Join(" and ", missing)}; if there is a copy of the file, put it back, or take other weights with --checkpoint last");
        return Checkpoint.Exists(run.BestCheckpoint) ? run.BestCheckpoint : run.LastCheckpoint;
    }

    /// <summary>Weights and the state that belongs to them, also while a training replaces the checkpoint: then they are read again.</summary>
    private static TrainingState LoadWeights(string folder, LanguageModel model, IProgress<WeightProgress>? progress, CancellationToken cancellationToken)
    {
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            TrainingState? before = null;
            InputException failure;
            try
            {
                before = Checkpoint.ReadState(folder);
                Checkpoint.LoadWeights(folder, model, progress, cancellationToken);
                if (IsStill(folder, before))
                {
                    return before;
                }

                failure = new InputException($"{folder} is replaced faster than it can be read; stop the training, or let it save less often");
            }
            catch (InputException exception)
            {
                failure = exception;
            }

            if (attempt == Attempts || (before is not null && IsStill(folder, before)))
            {
                throw failure;
            }
        }
    }

    private static bool IsStill(string folder, TrainingState state)
    {
        TrainingState now = Checkpoint.ReadState(folder);
        return now.Step == state.Step && now.Seconds.Equals(state.Seconds);
    }

    /// <summary>Throws unless weights of this model fit another one: the same architecture, dropout aside.</summary>
    /// <exception cref="InputException">They do not; the message names each difference.</exception>
    public void RequireSameArchitecture(ModelConfiguration wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        InitialWeights.RequireSame(Model.Configuration, wanted.Resolve(), Run.Path);
    }
}
