using System.CommandLine;
using Microsoft.Extensions.Logging;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Server;
using TransformerXL.Server.Serving;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Cli.Commands;

/// <summary>Runs the server from its start to a signal.</summary>
internal sealed class ServeRun(Terminal terminal, ServeOptions options, ParseResult result)
{
    private const string KeyVariable = "TXL_API_KEY", RedisVariable = "TXL_REDIS_PASSWORD";

    /// <summary>A signal ends a server as it should, also one that has not loaded its models yet.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        try
        {
            await ServeAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nothing was served yet.
        }

        return ExitCode.Ok;
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        using StatusLine status = new(terminal);
        string? place = SessionStores.Check(result.GetValue(options.SessionStore));
        using RedisPlace? redis = place is not null && RedisPlace.Is(place) ? new RedisPlace(place, terminal.Variable(RedisVariable), StoreOptions().Expiry) : null;
        ServerOptions server = Options(redis is null ? SessionStores.Of(place, StoreOptions()) : redis.Open) with { Progress = new WeightStatus(status, "reading the weights") };
        if (options.Adapt.Rule(result) is { } rule)
        {
            server = server with { Models = [.. server.Models.Select(source => source with { Learning = (folder, backend) => Learning(rule, source, folder, server.SessionMemoryBytes / server.CountWriters(), backend, stop) })] };
        }

        server.Validate();
        CheckModels(server);
        ModelServer running = await ModelServer.ListenAsync(server, Logging, stop).ConfigureAwait(false);
        await using (running.ConfigureAwait(false))
        {
            WarnIfOpen(running, server);
            await running.LoadAsync(stop).ConfigureAwait(false);
            status.Clear();
            Announce(running, server);
            await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            await running.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    internal ServerOptions Options(Func<string, ISessionStore>? store)
    {
        Precision precision = PrecisionNames.Parse(result.GetRequiredValue(options.Precision));
        string? template = result.GetValue(options.ChatTemplate);
        return new ServerOptions
        {
            Models = [.. result.GetRequiredValue(options.Runs).Select(run => Source(run, precision))],
            Host = result.GetValue(options.Host) ?? "127.0.0.1",
            Port = result.Get(options.Port),
            KestrelFile = result.GetValue(options.Kestrel),
            ApiKeys = Keys(),
            Origins = result.GetValue(options.Origins) ?? [],
            AllowedHosts = result.GetValue(options.Hosts) ?? [],
            IsStrict = result.GetValue(options.Strict),
            ChatTemplate = template is null ? ChatTemplate.Plain : ChatTemplate.Load(template),
            Pooling = PoolingNames.Parse(result.GetRequiredValue(options.Pooling)),
            Limits = Limits(),
            Threads = options.Machine.Threads(result),
            Isa = options.Machine.ReadIsa(result),
            SessionMemoryBytes = result.Get(options.SessionMemory),
            PrefixMemoryBytes = result.Get(options.PrefixMemory),
            OpenStore = store,
            SavesAlways = result.GetRequiredValue(options.SessionSave) == "always" || result.GetValue(options.SessionShared),
            SharesSessions = result.GetValue(options.SessionShared),
            DrainTime = TimeSpan.FromSeconds(result.Get(options.Drain)),
            Clock = terminal.Clock,
        };
    }

    private DynamicSessionLearning Learning(DynamicRule rule, ModelSource source, ModelFolder folder, long budget, CpuBackend backend, CancellationToken stop)
    {
        InferenceOptions session = source.SessionOf(folder.Configuration.Context);
        ContextConfiguration context = folder.DefaultEvaluation().Context with { MemoryLength = session.MemoryLength, ClampLength = session.ClampLength };
        // Before the statistics are gathered, which takes long.
        long needed = DynamicSessionLearning.BytesOf(folder.Model, context, rule);
        Require.That(
            budget > needed, $"a session of {source.Name} that learns needs {ByteSize.Text(needed)} for its weights, but --session-memory leaves {ByteSize.Text(budget)} for this model");
        using DynamicRun dynamic = new(terminal, options.Adapt, result, folder, backend);
        dynamic.CheckMemory(new MemoryCheck(terminal, options.Machine, result), context, 1, $"learning in sessions of {source.Name}");
        return dynamic.Sessions(rule, context, stop);
    }

    private ServerLimits Limits() => new()
    {
        BodyBytes = result.Get(options.MaxBody),
        Connections = result.Get(options.MaxConnections),
        PromptTokens = result.Get(options.MaxPrompt),
        Tokens = result.Get(options.MaxTokens),
        Streams = result.Get(options.MaxStreams),
        Queue = result.Get(options.MaxQueue),
        Sessions = result.Get(options.MaxSessions),
        RequestTime = TimeSpan.FromSeconds(result.Get(options.MaxSeconds)),
    };

    private FolderSessionStoreOptions StoreOptions() => new()
    {
        MaxBytes = result.Get(options.SessionDisk),
        Expiry = result.Get(options.SessionDays) is > 0 and int days ? TimeSpan.FromDays(days) : null,
        Clock = terminal.Clock,
    };

    /// <summary>An existing folder whose name contains <c>=</c> is taken literally.</summary>
    private ModelSource Source(string run, Precision precision)
    {
        int equals = run.IndexOf('=', StringComparison.Ordinal);
        bool isNamed = equals > 0 && !Directory.Exists(run);
        string folder = isNamed ? run[(equals + 1)..] : run;
        if (folder.Length == 0)
        {
            throw new InputException($"'{InputText.Show(run)}' names no folder after '='; write NAME=RUN");
        }

        return new ModelSource(isNamed ? run[..equals] : RunName.Of(folder), folder)
        {
            Checkpoint = result.GetValue(options.Checkpoint),
            MemoryLength = result.GetValue(options.Memory),
            ClampLength = result.GetValue(options.Clamp),
            Precision = precision,
        };
    }

    private string[] Keys()
    {
        IEnumerable<string> given = result.GetValue(options.Keys) ?? [];
        IEnumerable<string> files = (result.GetValue(options.KeyFiles) ?? []).SelectMany(ApiKeyFile.Read);
        string? variable = terminal.Variable(KeyVariable);
        return [.. given, .. files, .. string.IsNullOrEmpty(variable) ? Array.Empty<string>() : [variable]];
    }

    /// <summary>Refuses options that no model uses, and models that do not fit in memory.</summary>
    private void CheckModels(ServerOptions server)
    {
        bool learns = false, writes = false;
        List<ModelConfiguration> models = [];
        foreach (ModelSource source in server.Models)
        {
            ModelFolderConfiguration configuration = ModelFolderFiles.ReadConfiguration(source.Folder, out _);
            models.Add(configuration.Model);
            writes |= ServedModel.IsWriter(configuration);
            learns |= source.Learning is not null && ServedModel.IsWriter(configuration);
            InferenceOptions session = source.SessionOf(configuration.Context) with { Streams = server.Limits.Streams, MaxSegment = 1 };
            new MemoryCheck(terminal, options.Machine, result).Session(configuration.Model, session, $"serving {source.Name}", "--memory");
        }

        foreach (Option option in (Option[])[options.Memory, options.Clamp])
        {
            string?[] unused = [.. models.Select(model => UnusedOptions.FindOfModel(result, model, option, option == options.Clamp ? option : null))];
            if (unused.All(message => message is not null))
            {
                throw new InputException(unused[0]!);
            }
        }

        Option[] ofWriters = [options.SessionStore, options.SessionMemory, options.PrefixMemory, options.ChatTemplate];
        if (!writes && ofWriters.FirstOrDefault(option => result.IsGiven(option)) is { } given)
        {
            throw new InputException($"{given.Name} is for models that write text, but none of the models reads from left to right and writes text");
        }

        Require.That(learns || options.Adapt.Rule(result) is null, "--adapt lets sessions learn from what they read, but none of the models reads from left to right and writes text");
    }

    private void WarnIfOpen(ModelServer running, ServerOptions server)
    {
        if (server.ApiKeys.Count == 0 && running.Addresses.FirstOrDefault(ListenAddresses.IsReachable) is { } address)
        {
            terminal.Notes.WriteLine($"txl: warning: everyone who reaches {address} can use the models; --api-key-file FILE asks for a key");
        }
    }

    private void Announce(ModelServer running, ServerOptions server)
    {
        string address = running.Addresses.Count > 0 ? Reachable(running.Addresses[0]) : "";
        terminal.Out.WriteLine(address);
        terminal.Out.Flush();
        terminal.Notes.WriteLine($"txl: serving {string.Join(", ", server.Models.Select(model => model.Name))}; OpenAI's clients use {address}/v1, Ctrl+C stops");
        if (result.GetValue(options.Open) && terminal.OpenPage(address) is { } reason)
        {
            terminal.Notes.WriteLine($"txl: the page was not opened: {reason}");
        }
    }

    /// <summary>An address that a client of this machine can use, where the server listens on all addresses.</summary>
    private static string Reachable(string address) =>
        address.Replace("//[::]:", "//localhost:", StringComparison.Ordinal).Replace("//0.0.0.0:", "//localhost:", StringComparison.Ordinal);

    private void Logging(ILoggingBuilder log)
    {
        LogLevel level = result.GetRequiredValue(options.Log) switch
        {
            "none" => LogLevel.None,
            "errors" => LogLevel.Warning,
            "debug" => LogLevel.Debug,
            _ => LogLevel.Information,
        };
        log.SetMinimumLevel(terminal.IsQuiet && level == LogLevel.Information ? LogLevel.Warning : level);
        log.AddProvider(new LineLoggerProvider(terminal.Error, terminal.Clock));
        if (level != LogLevel.Debug)
        {
            // The framework's own lines would repeat ours.
            log.AddFilter("Microsoft", LogLevel.Warning);
        }
    }
}
