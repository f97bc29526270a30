using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;

namespace TransformerXL.Cli.Commands;

/// <summary>The commands of <c>txl generate --interactive</c>, and what they change: the session and the options.</summary>
/// <param name="terminal">Where answers go.</param>
/// <param name="session">Has read nothing.</param>
/// <param name="options">How texts are written.</param>
internal sealed class PromptCommands(Terminal terminal, InferenceSession session, GenerationOptions options)
{
    private const int MaxUndo = 8;

    private const string Help = """
        /reset                 forget everything that was read and written
        /undo                  take back the last line with its text, or the last /reset or /load; up to 8 times
        /save FILE             write the memory to a file
        /load FILE             replace the memory by that of a file
        /settings              show the settings below and what the memory holds
        /tokens N              number of tokens to generate; 0 for no limit
        /temperature X, /top-k N, /top-p X, /min-p X, /repetition-penalty X, /repetition-window N
        /stop TEXT             stop before this string; without TEXT at none
        /seed N                seed of the next text; each text has the next seed
        /quit                  end
        A line that ends with \ is continued in the next line. // at the beginning means a /.
        """;

    private readonly List<InferenceSession> _earlier = [];

    public InferenceSession Session { get; private set; } = session;

    public GenerationOptions Options { get; private set; } = options;

    public static bool IsCommand(string line) => line.StartsWith('/') && !line.StartsWith("//", StringComparison.Ordinal);

    /// <summary>The prompt that a line stands for.</summary>
    public static string TextOf(string line) => line.StartsWith("//", StringComparison.Ordinal) ? line[1..] : line;

    /// <summary>Keeps the present state, so that what follows can be taken back.</summary>
    public void Begin()
    {
        if (_earlier.Count == MaxUndo)
        {
            _earlier.RemoveAt(0);
        }

        _earlier.Add(Session.Fork());
    }

    /// <returns>Whether there was something to take back.</returns>
    public bool Undo()
    {
        if (_earlier.Count == 0)
        {
            return false;
        }

        Session = _earlier[^1];
        _earlier.RemoveAt(_earlier.Count - 1);
        return true;
    }

    /// <summary>The options of the next text, whose seed no text before had.</summary>
    public GenerationOptions NextOptions()
    {
        GenerationOptions next = Options;
        Options = Options with { Seed = unchecked(Options.Seed + 1) };
        return next;
    }

    /// <summary>Runs a command.</summary>
    /// <returns>Whether the conversation goes on.</returns>
    /// <exception cref="InputException">There is no such command, or its value is not allowed.</exception>
    public bool Run(string line)
    {
        string[] words = line[1..].Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string name = words.Length == 0 ? "" : words[0], value = words.Length < 2 ? "" : words[1];
        switch (name)
        {
            case "quit" or "exit":
                return false;
            case "help":
                Tell(Help);
                break;
            case "reset":
                Begin();
                Session.Reset();
                break;
            case "undo":
                Tell(Undo() ? Memory() : "There is nothing to take back.");
                break;
            case "save":
                Save(Named(name, value));
                break;
            case "load":
                Begin();
                Load(Named(name, value));
                break;
            case "settings":
                Tell($"{Settings()}\n{Memory()}");
                break;
            default:
                Options = Changed(name, value);
                break;
        }

        return true;
    }

    private GenerationOptions Changed(string name, string value)
    {
        SamplingOptions sampling = Options.Sampling;
        GenerationOptions changed = name switch
        {
            "tokens" => Options with { MaxTokens = Whole<long>(name, value) },
            "seed" => Options with { Seed = Whole<ulong>(name, value) },
            "stop" => Options with { Stop = value.Length == 0 ? [] : [Escapes.Resolve(value)] },
            "temperature" => Options with { Sampling = sampling with { Temperature = Real(name, value) } },
            "top-k" => Options with { Sampling = sampling with { TopK = Whole<int>(name, value) } },
            "top-p" => Options with { Sampling = sampling with { TopP = Real(name, value) } },
            "min-p" => Options with { Sampling = sampling with { MinP = Real(name, value) } },
            "repetition-penalty" => Options with { Sampling = sampling with { RepetitionPenalty = Real(name, value) } },
            "repetition-window" => Options with { Sampling = sampling with { RepetitionWindow = Whole<int>(name, value) } },
            _ => throw new InputException($"there is no command /{InputText.Show(name)}; /help lists the commands, and // begins a text with a slash"),
        };
        try
        {
            changed.Validate();
        }
        catch (InputException fault)
        {
            throw new InputException($"/{name} {InputText.Show(value)} is not allowed: {fault.Message}", fault);
        }

        return changed;
    }

    /// <summary>As options of the command line.</summary>
    private string Settings()
    {
        SamplingOptions sampling = Options.Sampling;
        string stop = string.Concat(Options.Stop.Select(text => $" --stop \"{text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}\""));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"--tokens {Options.MaxTokens} --temperature {sampling.Temperature} --top-k {sampling.TopK} --top-p {sampling.TopP} --min-p {sampling.MinP} --repetition-penalty {sampling.RepetitionPenalty} --repetition-window {sampling.RepetitionWindow} --seed {Options.Seed}{stop}");
    }

    private string Memory() => $"{Figures.Count(Session.Tokens, "token")} read, {Figures.Count(Session.MemoryRows)} remembered one by one, {Figures.Bytes(Session.MemoryBytes)}";

    private void Save(string path)
    {
        if (File.Exists(path))
        {
            try
            {
                Session.Fork().Load(path);
            }
            catch (InputException fault)
            {
                throw new InputException($"'{path}' exists and holds no memory of this model, so that it is not overwritten; name another file", fault);
            }
        }

        Session.Save(path);
        Tell($"{Memory()}: saved to {path}");
    }

    private void Load(string path)
    {
        try
        {
            Session.Load(path);
        }
        catch
        {
            Undo();
            throw;
        }

        Tell(Memory());
    }

    private static string Named(string command, string value) => value.Length > 0 ? value : throw new InputException($"/{command} needs the name of a file");

    private static T Whole<T>(string name, string value) where T : struct, System.Numerics.IBinaryInteger<T> =>
        T.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T number) ? number : throw Refused(name, value, "a whole number");

    private static double Real(string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : throw Refused(name, value, "a number");

    private static InputException Refused(string name, string value, string expected) => new($"/{name} needs {expected}, but got '{InputText.Show(value)}'");

    private void Tell(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            terminal.Error.WriteLine(line.TrimEnd('\r'));
        }
    }
}
