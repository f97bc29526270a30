using System.Text;
using Spectre.Console;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training.Footprint;

namespace TransformerXL.Cli.Tests;

/// <summary>A terminal that keeps what is written to it.</summary>
internal sealed class FakeTerminal : IDisposable
{
    private readonly MemoryStream _bytes = new();
    private readonly StreamWriter _out;
    private readonly StringWriter _error = new();

    /// <param name="isScreen">Whether both outputs are a screen.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="height">Its lines.</param>
    /// <param name="input">What standard input holds.</param>
    /// <param name="variables">Environment variables.</param>
    /// <param name="memory">The memory of the machine; the real one if null.</param>
    /// <param name="openInput">Standard input, instead of <paramref name="input"/>.</param>
    /// <param name="output">Standard output, instead of one that is kept.</param>
    /// <param name="clock">The clock; that of the system if null.</param>
    /// <param name="inputIsKeyboard">Whether somebody would have to type the input.</param>
    /// <param name="readKey">The keyboard; null for none.</param>
    public FakeTerminal(
        bool isScreen = false, int width = 80, int height = 30, string input = "", Dictionary<string, string>? variables = null, MachineMemory? memory = null, Func<Stream>? openInput = null, Stream? output = null, TimeProvider? clock = null, bool inputIsKeyboard = false, Func<ConsoleKeyInfo>? readKey = null)
        : this(Encoding.UTF8.GetBytes(input), isScreen, width, height, variables, memory, openInput, output, clock, inputIsKeyboard, readKey)
    {
    }

    public FakeTerminal(
        byte[] input, bool isScreen = false, int width = 80, int height = 30, Dictionary<string, string>? variables = null, MachineMemory? memory = null, Func<Stream>? openInput = null, Stream? output = null, TimeProvider? clock = null, bool inputIsKeyboard = false, Func<ConsoleKeyInfo>? readKey = null)
    {
        OutputState state = new();
        _out = new StreamWriter(new OutputStream(output ?? _bytes, state), new UTF8Encoding(false)) { AutoFlush = output is null };
        IAnsiConsole outConsole = Console(_out, isScreen, width, height), errorConsole = Console(_error, isScreen, width, height);
        Terminal = new Terminal
        {
            Out = isScreen ? new VisibleWriter(_out, () => width) : _out,
            OutBytes = _out.BaseStream,
            Error = new VisibleWriter(_error, isScreen ? () => width : null),
            Output = state,
            OpenInput = openInput ?? (() => new MemoryStream(input)),
            OutConsole = outConsole,
            ErrorConsole = errorConsole,
            Clock = clock ?? TimeProvider.System,
            OutIsScreen = isScreen,
            ErrorIsScreen = isScreen,
            InputIsKeyboard = inputIsKeyboard,
            ReadKey = readKey,
            Program = "txl",
            ReadMemory = memory is null ? MachineMemory.Read : () => memory,
            OpenPage = page =>
            {
                Opened.Add(page);
                Opening?.Invoke(page);
                return CannotOpen;
            },
            Variable = name => variables?.GetValueOrDefault(name),
        };
    }

    public Terminal Terminal { get; }

    /// <summary>Pages that a browser was asked to open.</summary>
    public List<string> Opened { get; } = [];

    /// <summary>What a browser would do.</summary>
    public Action<string>? Opening { get; init; }

    /// <summary>Why there is no browser; null if there is one.</summary>
    public string? CannotOpen { get; init; }

    public string Out => Encoding.UTF8.GetString(OutBytes);

    /// <summary>What went to standard output, byte for byte.</summary>
    public byte[] OutBytes => _bytes.ToArray();

    public string Error => _error.ToString();

    public static IAnsiConsole Console(TextWriter writer, bool isScreen = false, int width = 80, int height = 30)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isScreen ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Height = height;
        console.Profile.Capabilities.Unicode = true;
        console.Pipeline.Attach(new VisibleSegments());
        return console;
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public Task<int> RunAsync(CancellationToken stop, params string[] arguments) => new TxlApplication(Terminal).RunAsync(arguments, stop);

    /// <summary>Runs one command line and returns its exit code.</summary>
    public Task<int> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    /// <summary>Runs one command line that must succeed and returns its output.</summary>
    public static async Task<string> OutputOf(params string[] arguments)
    {
        using FakeTerminal terminal = new();
        int code = await terminal.RunAsync(arguments);
        Assert.True(code == ExitCode.Ok, $"exit code {code}: {terminal.Error}");
        return terminal.Out;
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }
}
