using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TransformerXL.Inference;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Serving;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Extensions.AI;

/// <summary>
/// A model in memory with a scheduler, which serves any number of clients: their requests step together, and results do not depend on who else is served. It owns
/// weights, thread and conversations; clients over it own nothing, and end with it.
/// </summary>
public sealed class LocalModel : IAsyncDisposable, IDisposable
{
    /// <summary>
    /// The value of <see cref="ChatOptions.ConversationId"/> that opens a conversation. The response carries its id; a request with that id sends only what is new,
    /// because the model remembers the rest at constant size.
    /// </summary>
    public const string NewConversation = "new";

    private readonly CpuBackend _backend;
    private int _disposed;

    private LocalModel(TransformerXLOptions options, ModelFolder folder, CpuBackend backend, ModelScheduler scheduler, Conversations conversations, ILogger logger)
    {
        (Options, Folder, _backend, Scheduler, Conversations, Logger) = (options, folder, backend, scheduler, conversations, logger);
        ChatTemplate = options.ChatTemplateFile is { } file ? ChatTemplate.Load(file) : options.ChatTemplate;
    }

    /// <summary>The name of the model in responses, metrics and traces.</summary>
    public string Id => Scheduler.Options.ModelName;

    /// <summary>Weights, vocabulary and lengths.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Computes.</summary>
    public ModelScheduler Scheduler { get; }

    /// <summary>Conversations that are kept; those of clients have the owner "".</summary>
    public Conversations Conversations { get; }

    /// <summary>How messages become a prompt.</summary>
    public ChatTemplate ChatTemplate { get; }

    internal TransformerXLOptions Options { get; }

    internal ILogger Logger { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="folder">The folder of a run or of a model.</param>
    public static LocalModel Load(string folder) => Load(new TransformerXLOptions { ModelFolder = folder });

    /// <summary>Loads a model.</summary>
    /// <param name="options">Which, and how it is used; later changes have no effect on sizes and limits.</param>
    /// <param name="loggers">Makes the logger; null logs nothing.</param>
    /// <param name="meters">Makes the meter <see cref="SchedulerTelemetry.Name"/>; if null, the meter belongs to no factory.</param>
    /// <exception cref="InputException">There is no model, its files are damaged, or an option does not suit it.</exception>
    public static LocalModel Load(TransformerXLOptions options, ILoggerFactory? loggers = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ILogger logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger(typeof(LocalModel).FullName!);
        long begin = Stopwatch.GetTimestamp();
        ModelFolder folder = ModelFolder.Load(options.ModelFolder!, options.Checkpoint);
        CpuBackend backend = new(null, options.Threads);
        ModelScheduler? scheduler = null;
        try
        {
            scheduler = new ModelScheduler(folder.Model, folder.Vocabulary, backend, SchedulerOptionsOf(options, folder, meters));
            Conversations conversations = new(scheduler, new ConversationOptions
            {
                MemoryBytes = Math.Max(options.ConversationMemoryBytes, scheduler.SessionBytes),
                Store = options.ConversationFolder is { } path ? new FolderSessionStore(path, new FolderSessionStoreOptions { Expiry = options.ConversationExpiry }) : null,
                ForgetsOldest = true,
                SavesAlways = options.ConversationFolder is not null,
            });
            LocalModel model = new(options, folder, backend, scheduler, conversations, logger);
            Log.Loaded(logger, model.Id, folder.Path, folder.Checkpoint ?? "", folder.Model.Parameters.Values, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            return model;
        }
        catch
        {
            scheduler?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            backend.Dispose();
            throw;
        }
    }

    /// <summary>A client that chats with the model. Many threads may use it; it need not be disposed.</summary>
    public IChatClient AsIChatClient() => new TransformerXLChatClient(this);

    /// <summary>A generator of vectors of length 1 from hidden states. Many threads may use it; it need not be disposed.</summary>
    public IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator() => new TransformerXLEmbeddingGenerator(this);

    /// <summary>Cancels all requests, saves conversations where there is a folder for them, and frees the memory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            // Requests end first: each holds its conversation until then.
            await Scheduler.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            await Conversations.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await Scheduler.DisposeAsync().ConfigureAwait(false);
            _backend.Dispose();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Checks every request: the model must not be disposed, and must be the requested one.</summary>
    internal void Check(string? modelId)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (modelId is not null && modelId != Id)
        {
            throw new InputException($"the request asks for the model '{modelId}', but this client has the model '{Id}'");
        }
    }

    private static SchedulerOptions SchedulerOptionsOf(TransformerXLOptions options, ModelFolder folder, IMeterFactory? meters)
    {
        SchedulerOptions trained = SchedulerOptions.ForTrained(folder.Configuration.Context);
        InferenceOptions session = trained.Session with
        {
            MemoryLength = options.MemoryLength ?? trained.Session.MemoryLength,
            ClampLength = options.ClampLength ?? trained.Session.ClampLength,
            Precision = options.Precision,
        };
        return trained with
        {
            Session = session,
            MaxStreams = options.MaxStreams,
            MaxQueued = options.MaxQueued,
            PrefixMemory = options.PrefixMemoryBytes,
            ModelName = options.ModelId ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.Path)),
            MeterFactory = meters,
        };
    }
}
