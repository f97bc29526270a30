using System.Security.Cryptography;
using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;

namespace TransformerXL.Server.Serving;

/// <summary>A model that is loaded, with all that answers requests for it.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private readonly CpuBackend _backend;

    private ServedModel(string name, ModelFolder folder, CpuBackend backend, ModelScheduler scheduler, Conversations conversations, ServerOptions options)
    {
        (Name, Folder, _backend, Scheduler, Conversations, Loaded) = (name, folder, backend, scheduler, conversations, options.Clock.GetUtcNow());
        Pooling = options.Pooling ?? EmbeddingOptions.ForTrained(folder.Configuration).Pooling;
        Texts = new TokenTexts(folder.Vocabulary);
    }

    /// <summary>Its name in requests.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Its architecture, such as <c>transformer-xl</c>.</summary>
    public string Kind => Folder.Model.Configuration.Family.Name;

    /// <summary>Whether it continues texts; encoders and models of tasks do not.</summary>
    public bool WritesText => IsWriter(Folder.Configuration);

    /// <summary>Tokens that a session remembers one by one; 0 for models without such a memory: recurrent networks and encoders.</summary>
    public int MemoryLength => Folder.Model.Configuration is { IsCausal: true, Family.HasMemoryLength: true } ? Scheduler.Options.Session.MemoryLength : 0;

    /// <summary>What its tokens stand for.</summary>
    public Vocabulary Vocabulary => Folder.Vocabulary;

    /// <summary>What its tokens are called.</summary>
    public TokenTexts Texts { get; }

    /// <summary>Computes.</summary>
    public ModelScheduler Scheduler { get; }

    /// <summary>Sessions that are kept.</summary>
    public Conversations Conversations { get; }

    /// <summary>How the hidden states of a text become its embedding.</summary>
    public EmbeddingPooling Pooling { get; }

    /// <summary>Predicts labels or a number of texts, on the scheduler's thread only.</summary>
    /// <exception cref="InputException">The model has no head for that.</exception>
    public Classifier Classifier => field ??= new Classifier(Folder, _backend);

    /// <summary>Predicts labels of words, on the scheduler's thread only.</summary>
    /// <exception cref="InputException">The model has no head for that.</exception>
    public Labeller Labeller => field ??= new Labeller(Folder, _backend);

    /// <summary>Answers questions, on the scheduler's thread only.</summary>
    /// <exception cref="InputException">The model has no head for that.</exception>
    public Answerer Answerer => field ??= new Answerer(Folder, _backend);

    /// <summary>SHA-256 of weights and vocabulary, computed once.</summary>
    public string Digest => field ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{ModelWeights.Fingerprint(Folder.Model)} {Vocabulary.Fingerprint}")));

    /// <summary>When it was loaded.</summary>
    public DateTimeOffset Loaded { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="source">Which.</param>
    /// <param name="options">Limits, threads, sessions.</param>
    /// <param name="writers">The models that write text, which divide the memory for sessions.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InputException">There is none, its files are damaged, or an option does not suit it.</exception>
    public static ServedModel Load(ModelSource source, ServerOptions options, int writers, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Load(source.Folder, source.Checkpoint, options.Progress, cancellationToken);
        if (options.Pooling == EmbeddingPooling.First && folder.Model.Configuration.IsCausal)
        {
            throw new InputException($"the pooling 'first' is that of encoders, but {source.Name} reads from left to right; choose model, mean or last");
        }

        CpuBackend backend = new(options.Isa, options.Threads);
        try
        {
            ModelScheduler scheduler = new(folder.Model, folder.Vocabulary, backend, SchedulerOptionsOf(source, folder, backend, options, writers));
            Conversations conversations = new(scheduler, new ConversationOptions
            {
                MemoryBytes = SessionMemoryOf(source, folder, scheduler, options, writers),
                Store = options.OpenStore?.Invoke(source.Name),
                SavesAlways = options.OpenStore is not null && options.SavesAlways,
                IsShared = options.OpenStore is not null && options.SharesSessions,
                MaxPerOwner = options.Limits.Sessions,
            });
            return new ServedModel(source.Name, folder, backend, scheduler, conversations, options);
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Conversations.DisposeAsync().ConfigureAwait(false);
        await Scheduler.DisposeAsync().ConfigureAwait(false);
        _backend.Dispose();
    }

    /// <summary>Whether a model writes text: others have no sessions.</summary>
    public static bool IsWriter(ModelFolderConfiguration configuration) => configuration is { Head: null, Model.IsCausal: true };

    /// <summary>The part of the memory for sessions that a model gets.</summary>
    private static long SessionMemoryOf(ModelSource source, ModelFolder folder, ModelScheduler scheduler, ServerOptions options, int writers)
    {
        if (!IsWriter(folder.Configuration))
        {
            return Math.Max(scheduler.SessionBytes, scheduler.Pool.LearningBytes);
        }

        long share = options.SessionMemoryBytes / writers;
        Require.That(
            share >= scheduler.SessionBytes,
            $"the memory for sessions is {options.SessionMemoryBytes} bytes{(writers > 1 ? $", {share} for each of {writers} models that write text" : "")}, but one session of {source.Name} needs {scheduler.SessionBytes}", "sessionMemoryBytes");
        return share;
    }

    private static SchedulerOptions SchedulerOptionsOf(ModelSource source, ModelFolder folder, CpuBackend backend, ServerOptions options, int writers)
    {
        SchedulerOptions trained = SchedulerOptions.ForTrained(folder.Configuration.Context);
        return trained with
        {
            Session = source.SessionOf(folder.Configuration.Context),
            Learning = IsWriter(folder.Configuration) ? source.Learning?.Invoke(folder, backend) : null,
            MaxStreams = options.Limits.Streams,
            MaxQueued = options.Limits.Queue,
            PrefixMemory = IsWriter(folder.Configuration) ? options.PrefixMemoryBytes / writers : 0,
            ModelName = source.Name,
            Clock = options.Clock,
        };
    }
}
