using System.CommandLine;

namespace TransformerXL.Cli.Options;

/// <summary>The options of <c>txl serve</c>.</summary>
internal sealed class ServeOptions
{
    /// <summary>Values of <c>--log</c>.</summary>
    public static readonly string[] LogLevels = ["none", "errors", "requests", "debug"];

    /// <summary>Values of <c>--session-save</c>.</summary>
    public static readonly string[] Savings = ["always", "idle"];

    public Argument<string[]> Runs { get; } = new("RUN")
    {
        Description = "Folders of runs or models; NAME=RUN names one for requests. [default name: the folder]",
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<string?> Checkpoint { get; } = NewOption.Text("--checkpoint", "NAME", "Weights of a run to load: best, last, average or step-N. [default: best, otherwise last]");

    public Option<string?> Host { get; } = NewOption.Text("--host", "ADDRESS", "Address to listen on; * for all of the machine.", "127.0.0.1");

    public Option<int?> Port { get; } = NewOption.Whole("--port", "Port; 0 for any that is free.", 0, ushort.MaxValue, 8080);

    public Option<string?> Kestrel { get; } = NewOption.Text("--kestrel", "FILE", "JSON file with ASP.NET Core's section Kestrel: endpoints, certificates. [default: none]");

    public Option<bool> Open { get; } = NewOption.Flag("--open", "Open the page in the browser.");

    public Option<string[]> Keys { get; } = Several("--api-key", "KEY", "Key that requests must carry; repeatable. Others may see it: prefer a file. [default: none]");

    public Option<string[]> KeyFiles { get; } = Several("--api-key-file", "FILE", "File with a key on each line; repeatable. [default: none]");

    public Option<string[]> Origins { get; } = Several("--origin", "ORIGIN", "Origin whose pages may use the server, as https://notes.example; repeatable. [default: none]");

    public Option<string[]> Hosts { get; } = Several("--allowed-host", "NAME", "Host name that requests may use beside localhost; repeatable. [default: none]");

    public Option<bool> Strict { get; } = NewOption.Flag("--strict", "Refuse requests with unknown fields.");

    public Option<string?> ChatTemplate { get; } = NewOption.Text("--chat-template", "FILE", "JSON file that turns messages into a prompt. [default: names before each turn]");

    public Option<string> Pooling { get; } = PoolingNames.NewOption();

    public Option<int?> Memory { get; } = NewOption.Whole("--memory", "Memory length in tokens. [default: from the run]", 0, 1 << 20);

    public Option<int?> Clamp { get; } = NewOption.Whole("--clamp", "Maximum relative distance in tokens; 0 for no limit. [default: the longest of training]", 0, 1 << 20);

    public Option<string> Precision { get; } = PrecisionNames.NewOption();

    public DynamicRunOptions Adapt { get; } = DynamicRunOptions.ForReading("Let sessions that ask for it learn from what they read");

    public Option<int?> MaxStreams { get; } = NewOption.Whole("--max-streams", "Maximum number of texts written at the same time.", 1, 1 << 12, 16);

    public Option<int?> MaxQueue { get; } = NewOption.Whole("--max-queue", "Maximum number of waiting requests; more get status 429.", 0, 1 << 20, 256);

    public Option<long?> MaxBody { get; } = ByteSize.NewOption("--max-body", "Maximum size of a request.", 1 << 10, 1L << 30, 16L << 20);

    public Option<int?> MaxPrompt { get; } = NewOption.Whole("--max-prompt", "Maximum number of tokens of a prompt.", 1, 1 << 28, 1 << 22);

    public Option<int?> MaxTokens { get; } = NewOption.Whole("--max-tokens", "Maximum number of tokens of an answer.", 1, 1 << 28, 1 << 16);

    public Option<int?> MaxConnections { get; } = NewOption.Whole("--max-connections", "Maximum number of open connections.", 1, 1 << 20, 1024);

    public Option<int?> MaxSeconds { get; } = NewOption.Whole("--max-seconds", "Maximum time of a request in seconds.", 1, 3_456_000, 3600);

    public Option<int?> MaxSessions { get; } = NewOption.Whole("--max-sessions", "Maximum number of sessions of a key with each model; 0 for no limit.", 0, int.MaxValue, 1024);

    public Option<long?> SessionMemory { get; } = ByteSize.NewOption("--session-memory", "Memory for all sessions; the longest unused go to --session-store.", 0, long.MaxValue, 1L << 30);

    public Option<string?> SessionStore { get; } = NewOption.Text("--session-store", "PLACE", "Folder that keeps sessions, or redis://HOST:PORT. [default: memory only]");

    public Option<string> SessionSave { get; } = NewOption.Choice("--session-save", "When sessions go to the store, with each answer or if idle", Savings, "always");

    public Option<bool> SessionShared { get; } = NewOption.Flag("--session-shared", "Other servers use the same store; implies --session-save always.");

    public Option<long?> SessionDisk { get; } = ByteSize.NewOption("--session-disk", "Maximum size of the store of a model; 0 for no limit.", 0, long.MaxValue, 0);

    public Option<int?> SessionDays { get; } = NewOption.Whole("--session-days", "Days after which unused sessions are removed from the store; 0 for never.", 0, 36_500, 0);

    public Option<long?> PrefixMemory { get; } = ByteSize.NewOption("--prefix-memory", "Memory for beginnings of texts, which are then read once; 0 for none.", 0, long.MaxValue, 256L << 20);

    public Option<int?> Drain { get; } = NewOption.Whole("--drain", "Seconds that running requests get after Ctrl+C or SIGTERM.", 0, 86_400, 30);

    public Option<string> Log { get; } = NewOption.Choice("--log", "Lines on standard error", LogLevels, "requests");

    public MachineOptions Machine { get; } = new();

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        command.Add(Runs);
        foreach (Option option in (Option[])
            [
                Checkpoint, Host, Port, Kestrel, Open, Keys, KeyFiles, Origins, Hosts, Strict, ChatTemplate, Pooling, Memory, Clamp, Precision,
                MaxStreams, MaxQueue, MaxBody, MaxPrompt, MaxTokens, MaxConnections, MaxSeconds, MaxSessions,
                SessionMemory, SessionStore, SessionSave, SessionShared, SessionDisk, SessionDays, PrefixMemory, Drain, Log,
            ])
        {
            command.Add(option);
        }

        Adapt.AddTo(command);
        Machine.AddTo(command);
    }

    private static Option<string[]> Several(string name, string placeholder, string description) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        Arity = ArgumentArity.OneOrMore,
    };
}
