using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Analysis.Explanations;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Screens;

/// <summary>A text whose tokens are coloured by their influence on the prediction: orange for it, blue against it; the strongest are listed, so that no information depends on colour alone.</summary>
internal static class ExplanationScreen
{
    private const int MaxListed = 5;
    private const double Faintest = 0.08;

    private static readonly (int Red, int Green, int Blue) s_for = (230, 126, 34), s_against = (60, 140, 200);

    public static IRenderable Render(ExplainedText text) => new Rows([.. Parts(text)]);

    private static IEnumerable<IRenderable> Parts(ExplainedText text)
    {
        for (int i = 0; i < text.Explanations.Count; i++)
        {
            Explanation explanation = text.Explanations[i];
            string about = text.Words.Count > 0 ? $"{text.Title}, “{text.Words[i]}”" : text.Title;
            string prediction = explanation.Prediction.Length == 0 ? "no answer" : explanation.Prediction;
            yield return new Spectre.Console.Text(VisibleText.Of(string.Create(CultureInfo.InvariantCulture, $"{about}: {prediction} (score {explanation.Score:0.00})")), new Style(decoration: Decoration.Bold));
            yield return Colored(explanation);
            yield return new Spectre.Console.Text(Strongest(explanation), new Style(Color.Grey));
        }
    }

    private static Paragraph Colored(Explanation explanation)
    {
        Paragraph paragraph = new();
        double strongest = explanation.Tokens.Select(Value).Select(Math.Abs).DefaultIfEmpty(0).Max();
        TokenInfluence? before = null;
        foreach (TokenInfluence token in explanation.Tokens)
        {
            if (before is not null && (before.Source != token.Source || before.End < token.Start))
            {
                paragraph.Append(before.Source != token.Source ? "\n" : " ");
            }

            paragraph.Append(VisibleText.Of(token.Text), StyleOf(strongest > 0 ? Value(token) / strongest : 0));
            before = token;
        }

        return paragraph;
    }

    private static double Value(TokenInfluence token) => token.LeftOut ?? token.Gradient;

    private static Style StyleOf(double share)
    {
        if (Math.Abs(share) < Faintest)
        {
            return Style.Plain;
        }

        (int red, int green, int blue) = share > 0 ? s_for : s_against;
        return new Style(Color.Black, new Color(Blend(red), Blend(green), Blend(blue)));

        byte Blend(int color) => (byte)(255 - ((255 - color) * Math.Abs(share)));
    }

    private static string Strongest(Explanation explanation)
    {
        IEnumerable<TokenInfluence> strongest = explanation.Tokens.OrderByDescending(token => Math.Abs(Value(token))).Take(MaxListed);
        return string.Join(", ", strongest.Select(token => string.Create(
            CultureInfo.InvariantCulture,
            $"{ScreenText.TokenName(token.Text)} {Value(token):+0.00;-0.00}")));
    }
}
