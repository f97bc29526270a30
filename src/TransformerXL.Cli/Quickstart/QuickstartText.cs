using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Quickstart;

/// <summary>The text of a quickstart: the user's, or the documentation of the SDK.</summary>
internal sealed class QuickstartText(Terminal terminal)
{
    private const string FileName = "sdk-documentation.txt";
    private const long LongText = 2_000_000;

    /// <summary>Finds the text, and writes it into the folder of the run if it is the SDK's.</summary>
    /// <exception cref="InputException">There is none; the message lists the searched folders and how to give one.</exception>
    public CorpusOptions Prepare(string? data, string runPath)
    {
        if (data is not null)
        {
            return Options(Path.GetFullPath(data), File.Exists(data) ? new FileInfo(data).Length : 0);
        }

        SdkDocumentation documentation = SdkDocumentation.Find(SdkDocumentation.Candidates(terminal.Variable("DOTNET_ROOT"), terminal.Variable("PATH")));
        using StatusLine status = new(terminal);
        status.Show($"reading {documentation.Folder}");
        string text = documentation.ReadText();
        string path = PathIn(runPath);
        // An existing file is kept with its modification time, which identifies the text when a quickstart is resumed.
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            AtomicFile.WriteText(path, text);
        }

        return Options(path, text.Length);
    }

    /// <summary>The path of the SDK's text in the folder of a run.</summary>
    public static string PathIn(string runPath) => Path.Combine(Path.GetFullPath(runPath), FileName);

    /// <summary>A small share of a long text is enough for validation, and is read quickly.</summary>
    private static CorpusOptions Options(string path, long length) => length < LongText
        ? new CorpusOptions { Path = path }
        : new CorpusOptions { Path = path, ValidationFraction = 0.005, TestFraction = 0.02 };
}
