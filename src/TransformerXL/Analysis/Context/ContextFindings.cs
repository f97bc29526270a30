using System.Globalization;

namespace TransformerXL.Analysis.Context;

/// <summary>What a comparison shows, in words.</summary>
internal static class ContextFindings
{
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

    /// <summary>What the longest context is worth: "With 64 to 512 tokens the perplexity of A falls from 9.1 to 7.2".</summary>
    public static string Losses(ContextComparison comparison)
    {
        IEnumerable<string> each = comparison.Models.Select(model =>
        {
            IReadOnlyList<double> means = model.Losses.MeanLosses();
            return string.Create(CultureInfo.InvariantCulture, $"of {model.Name} from {Math.Exp(means[0]):0.00} to {Math.Exp(means[^1]):0.00}");
        });
        IReadOnlyList<int> lengths = comparison.Models[0].Losses.Lengths;
        return $"From {lengths[0]} to {lengths[^1]} {comparison.Unit}s of context the perplexity goes {string.Join(", ", each)}";
    }

    /// <summary>What a model loses beyond the optimum on the nearest and on the farthest answers.</summary>
    public static string NearAndFar(ContextFinding model)
    {
        DistanceLoss[] distances = [.. model.ByDistance.Where(own => own.Most > 0)];
        if (distances.Length == 0)
        {
            return $"The text has nothing to look back for; {model.Name} loses {Bits(model.ByDistance[0].Excess)} bits beyond the optimum";
        }

        DistanceLoss near = distances[0], far = distances[^1];
        return $"{model.Name} loses {Bits(near.Excess)} bits beyond the optimum on answers {Range(near)} characters back, {Bits(far.Excess)} on those {Range(far)} back";
    }

    /// <summary>"33 to 64", or "none".</summary>
    public static string Range(DistanceLoss distance) =>
        distance.Most == 0 ? "none" : distance.Least == distance.Most ? $"{distance.Most}" : $"{distance.Least} to {distance.Most}";

    private static string Number(ContextLength length) => (length.IsAtLeast ? "at least " : "") + length.Tokens.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bits(double nats) => (nats / Math.Log(2)).ToString("0.00", CultureInfo.InvariantCulture);
}
