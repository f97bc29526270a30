using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Server.Http;
using TransformerXL.Server.Serving;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Server;

/// <summary>What a <see cref="ModelServer"/> serves, where, to whom.</summary>
public sealed record ServerOptions
{
    /// <summary>The models, at least one, each with a name of its own.</summary>
    public required IReadOnlyList<ModelSource> Models { get; init; }

    /// <summary>The address or name to listen on; a loopback address unless others shall reach the server.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port; 0 for any that is free.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>A JSON file with the section <c>Kestrel</c> of ASP.NET Core (endpoints, certificates); its endpoints replace <see cref="Host"/> and <see cref="Port"/>. Null for none.</summary>
    public string? KestrelFile { get; init; }

    /// <summary>The keys of which a request must carry one; if empty no key is asked for.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Origins whose pages may use the server, such as <c>https://notes.example</c>; the server's own page may anyway.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Names that the server answers to beside localhost, addresses, and <see cref="Host"/>. Not needed where keys are asked for.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Whether a request with a field that is not known is refused; otherwise the header <c>x-ignored-fields</c> of the answer names it.</summary>
    public bool IsStrict { get; init; }

    /// <summary>How messages become a prompt.</summary>
    public ChatTemplate ChatTemplate { get; init; } = ChatTemplate.Plain;

    /// <summary>How the hidden states of a text become its embedding; null for that of each model: the pooling of a sentence encoder, otherwise the mean.</summary>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>What clients may ask for at most.</summary>
    public ServerLimits Limits { get; init; } = new();

    /// <summary>Threads that compute with each model; null for one for each processor.</summary>
    public int? Threads { get; init; }

    /// <summary>The instruction set; null for the best.</summary>
    public Isa? Isa { get; init; }

    /// <summary>Bytes of memory for sessions that nobody uses, of all models together.</summary>
    public long SessionMemoryBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of memory for the beginnings of texts, from which requests go on that begin alike; of all models together.</summary>
    public long PrefixMemoryBytes { get; init; } = 256L << 20;

    /// <summary>Opens the store of a model's sessions, by its name; null keeps sessions in memory alone.</summary>
    public Func<string, ISessionStore>? OpenStore { get; init; }

    /// <summary>Whether a session is saved before a request that changed it is answered; otherwise when it leaves memory, at a save, and at the end.</summary>
    public bool SavesAlways { get; init; } = true;

    /// <summary>Whether other servers use the same store.</summary>
    public bool SharesSessions { get; init; }

    /// <summary>How long requests in progress may take to end after a stop was requested.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Called for each tensor that is loaded.</summary>
    public IProgress<WeightProgress>? Progress { get; init; }

    /// <summary>How many of the models write text, at least 1: the memory for sessions is divided among them.</summary>
    internal int CountWriters() => Math.Max(1, Models.Count(source => ServedModel.IsWriter(ModelFolderFiles.ReadConfiguration(source.Folder, out _))));

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Check(Models is { Count: > 0 }, "no model to serve was given");
        Check(Models.All(model => model is { Name: not null, Folder: not null }), "one of the models to serve, its name or its folder is null");
        Check(!string.IsNullOrWhiteSpace(Host), "the host is empty, but must be an address, a name, or * for all addresses of the machine");
        Check(Port is >= 0 and <= ushort.MaxValue, $"port is {Port}, but must be from 0 to {ushort.MaxValue}");
        Check(SessionMemoryBytes >= 0, $"session memory is {SessionMemoryBytes}, but must not be negative");
        Check(PrefixMemoryBytes >= 0, $"prefix memory is {PrefixMemoryBytes}, but must not be negative");
        Check(OpenStore is not null || !SharesSessions, "sessions cannot be shared without a store");
        Check(DrainTime >= TimeSpan.Zero && DrainTime <= TimeSpan.FromDays(1), $"drain time is {DrainTime}, but must be from 0 to a day");
        Check(Threads is null or > 0, $"threads is {Threads}, but must be above 0");
        Check(Origins is not null && AllowedHosts is not null && ApiKeys is not null && Limits is not null, "origins, allowed hosts, keys and limits must not be null; without any they are empty");
        foreach (string origin in Origins!)
        {
            Check(OriginRules.IsOrigin(origin), $"the origin is '{InputText.Show(origin)}', but must be a scheme, a host, and a port if it is not the usual one, such as https://notes.example");
        }

        foreach (string name in AllowedHosts!)
        {
            Check(Uri.CheckHostName(name) is UriHostNameType.Dns, $"the allowed host is '{InputText.Show(name)}', but must be a name without scheme and port, such as models.example");
        }

        int keyLength = ApiKeys!.Select(key => key?.Length ?? 0).FirstOrDefault(length => length is < ApiKeyFile.ShortestKey or > ApiKeyFile.LongestKey, ApiKeyFile.ShortestKey);
        Check(keyLength is >= ApiKeyFile.ShortestKey and <= ApiKeyFile.LongestKey, $"a key has {Counted.Of(keyLength, "character")}, but must have from {ApiKeyFile.ShortestKey} to {ApiKeyFile.LongestKey}");
        foreach (IGrouping<string, ModelSource> name in Models.GroupBy(model => model.Name, StringComparer.Ordinal))
        {
            Check(name.Key.Length is > 0 and <= 200 && !name.Key.Any(char.IsControl), $"a model's name is '{name.Key}', but must have from 1 to 200 characters and no control characters");
            Check(name.Count() == 1, $"two models are called '{name.Key}'; name one of them as NAME=RUN");
        }

        Limits!.Validate();
    }

    private static void Check(bool valid, string message)
    {
        if (!valid)
        {
            throw new InputException(message);
        }
    }
}
