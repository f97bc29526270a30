using System.Globalization;
using System.Text;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Analysis.Surprisal;

/// <summary>A text coloured by the bits that its tokens cost with memory and without, and the sums of the differences.</summary>
public sealed record SurprisalPage
{
    private const int MaxTokens = 15, MaxPoints = 64;

    /// <summary>The share of tokens whose values get different tints; the most extreme ones all get the strongest tint.</summary>
    private const double Strongest = 0.98;

    /// <summary>Sums over the whole text.</summary>
    public required SurprisalSummary Summary { get; init; }

    /// <summary>The tokens that are shown: the beginning of the text, or all of it.</summary>
    public required IReadOnlyList<TokenSurprise> Shown { get; init; }

    /// <summary>The vocabulary of the tokens.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>The lengths that were used.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>The name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The text that was read.</summary>
    public required string Text { get; init; }

    /// <summary>Writes the page, all or nothing.</summary>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public void Write(string path)
    {
        HtmlPage page = Compose();
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
            page.Write(writer);
        });
    }

    /// <summary>"bits per character", "bits per byte" (also of byte pairs) or "bits per word".</summary>
    public string Measure => $"bits per {(Vocabulary is BytePairVocabulary ? "byte" : Vocabulary.Unit)}";

    /// <summary>The mean number of units of <see cref="Measure"/> per token: bytes for byte pairs, otherwise 1.</summary>
    public double Length => Vocabulary is BytePairVocabulary ? Summary.BytesPerToken(Vocabulary) ?? 1 : 1;

    private HtmlPage Compose()
    {
        List<TextPiece> pieces = TextPiece.Of([.. Shown.Select(token => token.Id)], Vocabulary);
        string part = Shown.Count < Summary.Count
            ? string.Create(CultureInfo.InvariantCulture, $"Shown are the first {Shown.Count:N0} of {Summary.Count:N0} {Vocabulary.Unit}s; the figures are those of the whole text. ")
            : "";
        return new HtmlPage
        {
            Title = $"What the memory of {Model} saves",
            Summary = string.Create(
                CultureInfo.InvariantCulture,
                $"{Text}: {Summary.WithMemory / Length:0.000} {Measure} with a memory, {Summary.WithoutMemory / Length:0.000} from segments of {Context.TargetLength} alone. The memory saves {(Summary.WithoutMemory - Summary.WithMemory) / Length:0.000} {Measure}."),
            Sections =
            [
                new ReportSection("The sum of it", [ByPlace(), Gains(), Facts(), BestPlaces()]),
                new ReportSection("The text",
                [
                    new Paragraph(part + "Point at a piece, or tap it, to see its bits. Tokens that are parts of one character are shown together, and their bits are added."),
                    Colored("Bits saved by the memory", "bits saved", pieces, token => token.Gain),
                    Colored("Bits with memory", "bits", pieces, token => token.WithMemory),
                    Colored("Bits without memory", "bits", pieces, token => token.WithoutMemory),
                ]),
            ],
        };
    }

    private ColoredText Colored(string title, string label, List<TextPiece> pieces, Func<TokenSurprise, double> value)
    {
        ColoredToken[] tokens = [.. pieces.Select(piece =>
        {
            TokenSurprise[] parts = [.. Shown.Skip(piece.First).Take(piece.Count)];
            double with = parts.Sum(part => part.WithMemory), without = parts.Sum(part => part.WithoutMemory);
            return new ColoredToken(piece.Text, parts.Sum(value), string.Create(CultureInfo.InvariantCulture, $"{with:0.00} bits with memory, {without:0.00} without"));
        })];
        double strongest = tokens.Select(token => Math.Abs(token.Value)).Order().ElementAtOrDefault((int)(Strongest * (tokens.Length - 1)));
        return new ColoredText { Title = title, ValueLabel = label, Tokens = tokens, Strongest = Math.Max(strongest, 0.1) };
    }

    private LineChart ByPlace()
    {
        int stride = (Summary.Places + MaxPoints - 1) / MaxPoints;
        List<SeriesPoint> with = [], without = [];
        for (int first = 0; first < Summary.Places; first += stride)
        {
            int last = Math.Min(first + stride, Summary.Places);
            (double remembered, double forgotten) = Summary.MeanAt(first, last);
            double middle = (first + last + 1) / 2.0;
            with.Add(new SeriesPoint(middle, remembered));
            without.Add(new SeriesPoint(middle, forgotten));
        }

        return new LineChart
        {
            Title = "Bits by the place in the segment",
            X = new ChartAxis($"place in the segment ({Vocabulary.Unit}s)"),
            Y = new ChartAxis($"mean bits per {Vocabulary.Unit}"),
            Series = [new LineSeries("with memory", with), new LineSeries("without memory", without)],
            Note = "Without memory the first tokens of a segment have next to no context.",
        };
    }

    private BarChart Gains() => new()
    {
        Title = $"The {Vocabulary.Unit}s that gained most in all their places",
        ValueLabel = $"bits saved per 1,000 {Vocabulary.Unit}s of text",
        CategoryLabel = Vocabulary.Unit,
        Bars = [.. Summary.Gains(MaxTokens).Select(gain => new Bar(DisplayText.Name(Vocabulary.Describe(gain.Id)), 1000 * gain.Bits / Summary.Count))],
    };

    private FactTable Facts() => new("How it was measured",
    [
        ("text", Text),
        ("read", string.Create(CultureInfo.InvariantCulture, $"{Summary.Count:N0} {Vocabulary.Unit}s")),
        ("segment, with and without memory", Counted.Of(Context.TargetLength, "token")),
        ("memory", Counted.Of(Context.MemoryLength, "token")),
        ("distances alike beyond", Context.ClampLength > 0 ? Counted.Of(Context.ClampLength, "token") : "no limit"),
    ]);

    private FactTable BestPlaces() => new("Single places that gained most",
    [
        .. Summary.BestPlaces().Select(token => (
            string.Create(CultureInfo.InvariantCulture, $"“{DisplayText.Name(Vocabulary.Describe(token.Id))}” at {token.Position:N0}"),
            string.Create(CultureInfo.InvariantCulture, $"{token.WithoutMemory:0.0} → {token.WithMemory:0.0} bits"))),
    ]);
}
