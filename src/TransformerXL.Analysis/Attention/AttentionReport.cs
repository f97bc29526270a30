using System.Globalization;
using System.Text;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Analysis.Attention;

/// <summary>A folder with the page of an <see cref="AttentionMap"/> and the data of its charts as CSV.</summary>
public sealed record AttentionReport
{
    /// <summary>The name of the page.</summary>
    public const string PageName = RunFolders.AttentionPage;

    /// <summary>What was measured.</summary>
    public required AttentionMap Map { get; init; }

    /// <summary>The vocabulary of the tokens.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>The name of the model, for the heading.</summary>
    public required string Model { get; init; }

    /// <summary>The text that was read.</summary>
    public required string Text { get; init; }

    /// <summary>The number of heads shown in detail: those with the longest reach.</summary>
    public int Widest { get; init; } = 3;

    /// <summary>Writes the page and <c>attention.csv</c>, <c>heads.csv</c>, <c>targets.csv</c>, <c>terms.csv</c>.</summary>
    /// <param name="folder">The folder; it is created if it does not exist.</param>
    /// <returns>The files, the page first.</returns>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public IReadOnlyList<string> Write(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        CreateFolder(folder);
        IReadOnlyList<HeadWidth> widest = [.. Map.Widths().Take(Widest)];
        (string Name, Action<TextWriter> Write)[] files =
        [
            (PageName, Compose(widest).Write),
            ("attention.csv", writer => AttentionTables.Means(writer, Map)),
            ("heads.csv", writer => AttentionTables.Widths(writer, Map)),
            ("targets.csv", writer => AttentionTables.Targets(writer, Map, Vocabulary, widest)),
            ("terms.csv", writer => AttentionTables.Terms(writer, Map)),
        ];
        foreach ((string name, Action<TextWriter> write) in files)
        {
            AtomicFile.Write(Path.Combine(folder, name), stream =>
            {
                using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
                write(writer);
            });
        }

        return [.. files.Select(file => Path.Combine(folder, file.Name))];
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            NewFolder.Create(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the folder '{folder}' cannot be created: {FileFault.Reason(exception)}", exception);
        }
    }

    private HtmlPage Compose(IReadOnlyList<HeadWidth> widest)
    {
        AttentionCharts charts = new(Map, Vocabulary);
        string first = widest.Count == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $" Head {AttentionCharts.Name(widest[0])} looks farthest: 80 % of its attention is spread over {widest[0].Reach} positions.");
        return new HtmlPage
        {
            Title = "Attention of " + Model,
            Summary = string.Create(CultureInfo.InvariantCulture, $"What {Counted.Of(Map.Layers * Map.Heads, "head")} {(Map.Layers * Map.Heads == 1 ? "looks" : "look")} at, averaged over {Map.Queries:N0} {Vocabulary.Unit}s of {Text}.") + first,
            Sections =
            [
                new ReportSection("Heads over distance", [charts.Heads(), charts.Decay(widest)]),
                new ReportSection("The widest heads", [AttentionCharts.Widths(widest), Facts(), Reading(), .. widest.SelectMany(charts.Targets)]),
                new ReportSection("The terms of the score", [Explanation(), .. Map.Terms.SelectMany(term => (ReportPart[])[charts.Alone(term), charts.Score(term)])]),
            ],
        };
    }

    private FactTable Facts()
    {
        ContextConfiguration context = Map.Context;
        return new FactTable("How it was measured",
        [
            ("text", Text),
            ("averaged over", string.Create(CultureInfo.InvariantCulture, $"{Map.Queries:N0} {Vocabulary.Unit}s")),
            ("each sees", !Map.IsCausal ? "its segment, and the memory" : context.SameLength ? $"{context.MemoryLength} positions, itself included" : "its segment up to itself, and the memory"),
            ("segment", Counted.Of(context.TargetLength, "token")),
            ("memory", Counted.Of(context.MemoryLength, "token")),
            ("distances alike beyond", context.ClampLength > 0 ? Counted.Of(context.ClampLength, "token") : "no limit"),
        ]);
    }

    private static Paragraph Reading() => new(
        "Each text below is all that one token saw; the text that a causal model saw ends with that token. The stronger the colour, the more attention; underlined is the fifth of the context with the most. Point at a piece, or tap it, for the number.");

    private Paragraph Explanation() => new(Map.Terms.Count == 1
        ? "This kind of model knows positions from its inputs alone: its score has one term, (a) q·k."
        : "A score is the sum of (a) q·k, what the token looks for and the other has; (b) q·r, how far it looks depending on what it is; (c) u·k, what all tokens look at; (d) v·r (or a learned bias for each distance), how far all tokens look" + (Map.Terms.Contains(AttentionTerm.Segment) ? "; (e) what tokens of the other text of a pair have more" : "") + ". Left: where a head would look if it had that term alone. Right: the term itself, divided by the square root of the head's size as before the softmax; a constant along a row changes nothing.");
}
