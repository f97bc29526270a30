using System.Text;
using Spectre.Console;

namespace TransformerXL.Cli.Terminals;

/// <summary>The terminal of the process.</summary>
internal static class SystemTerminal
{
    public static Terminal Create()
    {
        // UTF-8 without a byte order mark whatever the locale says: it is what the models read and write.
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        if (OperatingSystem.IsWindows())
        {
            Console.OutputEncoding = utf8;
        }

        // Text that streams is flushed by who writes it; a writer that flushes itself would make a system call for each word.
        StreamWriter output = new(Console.OpenStandardOutput(), utf8) { AutoFlush = false };
        StreamWriter error = new(Console.OpenStandardError(), utf8) { AutoFlush = true };
        IAnsiConsole outConsole = CreateConsole(output, Console.IsOutputRedirected);
        IAnsiConsole errorConsole = CreateConsole(error, Console.IsErrorRedirected);
        return new Terminal
        {
            Out = output,
            Error = error,
            OpenInput = Console.OpenStandardInput,
            OutConsole = outConsole,
            ErrorConsole = errorConsole,
            OutIsScreen = !Console.IsOutputRedirected && outConsole.Profile.Capabilities.Ansi,
            ErrorIsScreen = !Console.IsErrorRedirected && errorConsole.Profile.Capabilities.Ansi,
            InputIsKeyboard = !Console.IsInputRedirected,
            Program = ProgramCall.Find(AppContext.BaseDirectory, Environment.CurrentDirectory),
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    private static IAnsiConsole CreateConsole(TextWriter writer, bool redirected) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new FlushingOutput(writer, redirected),
        Interactive = InteractionSupport.No,
        Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
        ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
    });

    /// <summary>Spectre asks a writer other than the console's own for no width, and does not flush it.</summary>
    private sealed class FlushingOutput(TextWriter writer, bool redirected) : IAnsiConsoleOutput
    {
        private const int WidthOfNoTerminal = 100, HeightOfNoTerminal = 40;

        public TextWriter Writer => writer;

        public bool IsTerminal => !redirected;

        public int Width => redirected ? WidthOfNoTerminal : Math.Max(20, Measure(() => Console.WindowWidth, WidthOfNoTerminal));

        public int Height => redirected ? HeightOfNoTerminal : Math.Max(10, Measure(() => Console.WindowHeight, HeightOfNoTerminal));

        public void SetEncoding(Encoding encoding)
        {
        }

        private static int Measure(Func<int> size, int otherwise)
        {
            try
            {
                return size();
            }
            catch (IOException)
            {
                return otherwise;
            }
        }
    }
}
