using System.Text;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using TransformerXL.Cli.Commands;

namespace TransformerXL.Cli.Terminals;

/// <summary>The terminal of the process.</summary>
internal static class SystemTerminal
{
    public static Terminal Create()
    {
        // mpirun gives its first process a terminal of its own, also where its own output is a file: lines are right for both.
        bool isOfMpi = Environment.GetEnvironmentVariable(RankedRun.SizeVariable) is not null;
        if (isOfMpi)
        {
            Environment.SetEnvironmentVariable("TERM", "dumb");
        }

        // UTF-8 without a byte order mark regardless of the locale: models read and write UTF-8.
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        if (OperatingSystem.IsWindows())
        {
            Console.OutputEncoding = utf8;
        }

        // The code that streams text flushes it; an auto-flushing writer would make a system call for each word.
        bool outIsFile = isOfMpi || Console.IsOutputRedirected || !StandardHandles.IsOpen(StandardHandles.Output);
        bool inputIsKeyboard = !Console.IsInputRedirected && StandardHandles.IsOpen(StandardHandles.Input);
        bool errorIsFile = Console.IsErrorRedirected || !StandardHandles.IsOpen(StandardHandles.Error);
        OutputState state = new();
        StreamWriter output = new(new OutputStream(Open(StandardHandles.Output, OpenOutput), state), utf8) { AutoFlush = false };
        StreamWriter error = new(new ErrorStream(Open(StandardHandles.Error, Console.OpenStandardError)), utf8) { AutoFlush = true };
        IAnsiConsole outConsole = CreateConsole(output, outIsFile);
        IAnsiConsole errorConsole = CreateConsole(error, errorIsFile);
        return new Terminal
        {
            // A pipe or file gets the exact text for other programs.
            Out = outIsFile ? output : new VisibleWriter(output, () => outConsole.Profile.Width),
            OutBytes = output.BaseStream,
            Error = new VisibleWriter(error, errorIsFile ? null : () => errorConsole.Profile.Width),
            Output = state,
            OpenInput = OpenInput,
            OutConsole = outConsole,
            ErrorConsole = errorConsole,
            OutIsScreen = !outIsFile && outConsole.Profile.Capabilities.Ansi,
            ErrorIsScreen = !errorIsFile && errorConsole.Profile.Capabilities.Ansi,
            InputIsKeyboard = inputIsKeyboard,
            ReadKey = inputIsKeyboard ? () => Console.ReadKey(intercept: true) : null,
            Program = ProgramCall.Find(AppContext.BaseDirectory, Environment.CurrentDirectory),
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    private static Stream OpenInput() =>
        !StandardHandles.IsOpen(StandardHandles.Input) ? throw new InputException("standard input is closed; name a file, or pipe a text in")
        : StandardHandles.InputIsFolder() ? throw new InputException("standard input is a folder, but must be a file or a pipe; name a file, or pipe a text in")
        : Console.OpenStandardInput();

    /// <summary>A standard stream; null if the caller has closed it.</summary>
    private static Stream? Open(int descriptor, Func<Stream> open)
    {
        try
        {
            return StandardHandles.IsOpen(descriptor) ? open() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Standard output. The console's stream hides that a pipe has been closed, and an endless text would be
    /// lost without an error; a stream over the handle reports it. A regular file uses the console's stream, which
    /// appends after other output to the same file.
    /// </summary>
    private static Stream OpenOutput()
    {
        const int Descriptor = 1;
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return Console.OpenStandardOutput();
        }

        try
        {
            FileStream stream = new(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? Console.OpenStandardOutput() : stream;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.OpenStandardOutput();
        }
    }

    private static IAnsiConsole CreateConsole(TextWriter writer, bool redirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new FlushingOutput(writer, redirected),
            Interactive = InteractionSupport.No,
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        console.Pipeline.Attach(new VisibleSegments());
        return console;
    }

    /// <summary>Spectre does not ask a writer other than the console's for its width, and does not flush it.</summary>
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
                // A terminal whose size was never set reports 0.
                return size() is > 0 and int measured ? measured : otherwise;
            }
            catch (IOException)
            {
                return otherwise;
            }
        }
    }
}
