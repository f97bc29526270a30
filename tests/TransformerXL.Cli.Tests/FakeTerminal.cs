using System.Text;
using Spectre.Console;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Tests;

/// <summary>A terminal that keeps what is written to it.</summary>
internal sealed class FakeTerminal : IDisposable
{
    private readonly StringWriter _out = new(), _error = new();

    public FakeTerminal(bool isScreen = false, int width = 80, int height = 30, string input = "", Dictionary<string, string>? variables = null)
    {
        Terminal = new Terminal
        {
            Out = _out,
            Error = _error,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            OutConsole = Console(_out, isScreen, width, height),
            ErrorConsole = Console(_error, isScreen, width, height),
            OutIsScreen = isScreen,
            ErrorIsScreen = isScreen,
            InputIsKeyboard = false,
            Program = "txl",
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

    public string Out => _out.ToString();

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
