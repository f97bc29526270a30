using System.Globalization;
using System.Text;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;
using TransformerXL.Inference;

namespace TransformerXL.Analysis.Explanations;

/// <summary>Texts whose tokens are coloured by how much they moved the predictions about them.</summary>
public sealed record ExplanationPage
{
    private const int MaxWords = 40;

    /// <summary>Whose predictions they are.</summary>
    public required string Model { get; init; }

    /// <summary>The texts in order.</summary>
    public required IReadOnlyList<ExplainedText> Texts { get; init; }

    /// <summary>How many more texts were explained than are shown.</summary>
    public int Omitted { get; init; }

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

    private HtmlPage Compose() => new()
    {
        Title = $"What moved the predictions of {Model}",
        Summary = string.Create(
            CultureInfo.InvariantCulture,
            $"{Texts.Count:N0} {(Texts.Count == 1 ? "text" : "texts")}{(Omitted > 0 ? $", the first of {Texts.Count + Omitted:N0}" : "")}. A positive number means that the token made the prediction more certain; point at a token, or tap it, to see its numbers."),
        Sections =
        [
            new ReportSection("How it was measured",
            [
                new Paragraph("Gradient times input: how fast the score of the prediction changes with the embedding of a token, times the embedding (Simonyan et al. 2013; Denil et al. 2014)."),
                new Paragraph("Left out: how far the score falls when the token is left out of the text (Li et al. 2016). Both disagree where a token matters only together with others."),
                new Paragraph("The score of a label is the natural logarithm of its odds, p / (1 - p); that of an answer the sum of the scores of its first and its last token; that of a number the number itself."),
            ]),
            .. Texts.Select(text => new ReportSection(text.Title, [.. Parts(text)])),
        ],
    };

    private static IEnumerable<ReportPart> Parts(ExplainedText text)
    {
        for (int i = 0; i < Math.Min(text.Explanations.Count, text.Words.Count > 0 ? MaxWords : int.MaxValue); i++)
        {
            Explanation explanation = text.Explanations[i];
            string name = text.Words.Count > 0 ? $"“{text.Words[i]}”: " : "";
            string prediction = $"{name}{(explanation.Prediction.Length == 0 ? "no answer" : explanation.Prediction)}, score {explanation.Score.ToString("0.00", CultureInfo.InvariantCulture)}";
            yield return Colored($"{prediction}, gradient times input", explanation, token => token.Gradient);
            if (explanation.Tokens.Any(token => token.LeftOut is not null))
            {
                yield return Colored($"{prediction}, left out", explanation, token => token.LeftOut ?? double.NaN);
            }
        }

        if (text.Words.Count > MaxWords)
        {
            yield return new Paragraph($"Shown are the first {MaxWords} of {text.Words.Count} words.");
        }
    }

    private static ColoredText Colored(string title, Explanation explanation, Func<TokenInfluence, double> value)
    {
        List<ColoredToken> tokens = [];
        TokenInfluence? before = null;
        foreach (TokenInfluence token in explanation.Tokens)
        {
            if (before is not null && (before.Source != token.Source || before.End < token.Start))
            {
                // What stands between two tokens is white space, which a vocabulary of words leaves out, or another text begins.
                tokens.Add(new ColoredToken(before.Source != token.Source ? "\n" : " ", double.NaN, ""));
            }

            tokens.Add(new ColoredToken(token.Text, value(token), Detail(token)));
            before = token;
        }

        return new ColoredText { Title = title, ValueLabel = "change of the score", Tokens = tokens };
    }

    private static string Detail(TokenInfluence token) => token.LeftOut is { } leftOut
        ? string.Create(CultureInfo.InvariantCulture, $"gradient {token.Gradient:0.000}, left out {leftOut:0.000}")
        : string.Create(CultureInfo.InvariantCulture, $"gradient {token.Gradient:0.000}");
}
