using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Quickstart;

/// <summary>What a quickstart learns from: the text that a user names, or one that every machine with the SDK has.</summary>
internal sealed class QuickstartText(Terminal terminal)
{
    private const string FileName = "sdk-documentation.txt";
    private const long LongText = 2_000_000;

    /// <summary>Finds the text, and writes it into the folder of the run if it is the SDK's.</summary>
    /// <exception cref="InputException">There is none; the message tells where was looked and how to name one.</exception>
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
        // A file that is there already keeps its time, by which the text is known when a quickstart goes on.
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            AtomicFile.WriteText(path, text);
        }

        return Options(path, text.Length);
    }

    /// <summary>Where the text of the SDK lies in the folder of a run.</summary>
    public static string PathIn(string runPath) => Path.Combine(Path.GetFullPath(runPath), FileName);

    /// <summary>A small share of a long text is enough to judge by, and quickly read.</summary>
    private static CorpusOptions Options(string path, long length) => length < LongText
        ? new CorpusOptions { Path = path }
        : new CorpusOptions { Path = path, ValidationFraction = 0.005, TestFraction = 0.02 };
}
