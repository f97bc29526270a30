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

    public FakeTerminal(bool isScreen = false, int width = 80, int height = 30, string input = "", Dictionary<string, string>? variables = null, MachineMemory? memory = null)
        : this(Encoding.UTF8.GetBytes(input), isScreen, width, height, variables, memory)
    {
    }

    public FakeTerminal(byte[] input, bool isScreen = false, int width = 80, int height = 30, Dictionary<string, string>? variables = null, MachineMemory? memory = null)
    {
        _out = new StreamWriter(_bytes, new UTF8Encoding(false)) { AutoFlush = true };
        Terminal = new Terminal
        {
            Out = _out,
            OutBytes = _bytes,
            Error = _error,
            OpenInput = () => new MemoryStream(input),
            OutConsole = Console(_out, isScreen, width, height),
            ErrorConsole = Console(_error, isScreen, width, height),
            OutIsScreen = isScreen,
            ErrorIsScreen = isScreen,
            InputIsKeyboard = false,
            Program = "txl",
            ReadMemory = memory is null ? MachineMemory.Read : () => memory,
            Variable = name => variables?.GetValueOrDefault(name),
        };
    }

    public Terminal Terminal { get; }

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
