using System.Globalization;

namespace TransformerXL.Analysis.Context;

/// <summary>The findings of a comparison in sentences.</summary>
internal static class ContextFindings
{
    /// <summary>The mean loss of fewer characters is too noisy to be shown.</summary>
    public const int MinCharacters = 30;

    /// <summary>"A uses 600 tokens, B 300 at the hardest 10 % of positions".</summary>
    public static string Lengths(ContextComparison comparison, int fraction)
    {
        IEnumerable<string> each = comparison.Models
            .OrderByDescending(model => model.Relative[fraction].Tokens)
            .Select((model, i) => i == 0
                ? $"{model.Name} uses {Tokens(model.Relative[fraction], comparison.Unit)}"
                : $"{model.Name} {Number(model.Relative[fraction])}");
        return $"At {Positions(comparison.Fractions[fraction])} {string.Join(", ", each)}";
    }

    /// <summary>"the hardest 10 % of positions".</summary>
    public static string Positions(double fraction) =>
        fraction == 1 ? "all positions" : string.Create(CultureInfo.InvariantCulture, $"the hardest {100 * fraction:0.##} % of positions");

    /// <summary>"600 tokens", "at least 600 tokens".</summary>
    public static string Tokens(ContextLength length, string unit) => $"{Number(length)} {unit}s";

    /// <summary>"With 512 instead of 64 tokens of context the perplexity of A goes from 9.1 to 7.2, of B from 9.9 to 9.7".</summary>
    public static string Losses(ContextComparison comparison)
    {
        IEnumerable<string> each = comparison.Models.Select(model =>
        {
            IReadOnlyList<double> means = model.Losses.MeanLosses();
            return string.Create(CultureInfo.InvariantCulture, $"of {model.Name} goes from {Math.Exp(means[0]):0.00} to {Math.Exp(means[^1]):0.00}");
        });
        IReadOnlyList<int> lengths = comparison.Models[0].Losses.Lengths;
        return $"With {lengths[^1]} instead of {lengths[0]} {comparison.Unit}s of context the perplexity {string.Join(", ", each)}";
    }

    /// <summary>The loss of a model above the optimum on the nearest and on the farthest answers.</summary>
    public static string NearAndFar(ContextFinding model)
    {
        IReadOnlyList<DistanceLoss> distances = Answers(model);
        if (distances.Count == 0)
        {
            return "No character of the text answers an earlier one";
        }

        (DistanceLoss near, DistanceLoss far) = (distances[0], distances[^1]);
        string nearest = $"{model.Name} loses {Bits(near.Excess)} bits beyond the optimum on answers at a distance of {Range(near)}";
        return far == near ? nearest : $"{nearest}, {Bits(far.Excess)} at {Range(far)}";
    }

    /// <summary>The classes of distances that hold enough characters for a meaningful mean; all classes if none does.</summary>
    public static IReadOnlyList<DistanceLoss> Answers(ContextFinding model)
    {
        DistanceLoss[] answers = [.. model.ByDistance.Where(own => own.Maximum > 0)], sure = [.. answers.Where(own => own.Count >= MinCharacters)];
        return sure.Length > 0 ? sure : answers;
    }

    /// <summary>"33 to 64", or "none".</summary>
    public static string Range(DistanceLoss distance) =>
        distance.Maximum == 0 ? "none" : distance.Minimum == distance.Maximum ? $"{distance.Maximum}" : $"{distance.Minimum} to {distance.Maximum}";

    private static string Number(ContextLength length) => (length.IsAtLeast ? "at least " : "") + length.Tokens.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bits(double nats) => (nats / Math.Log(2)).ToString("0.00", CultureInfo.InvariantCulture);
}
