using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>A unit that a loss is shown in.</summary>
/// <param name="Name">Such as "bits per character".</param>
/// <param name="Of">The loss in this unit from nats per token.</param>
internal sealed record LossUnit(string Name, Func<double, double> Of)
{
    /// <summary>Nats per token, which every run has.</summary>
    public static LossUnit Nats { get; } = new("nats per token", nats => nats);

    /// <summary>The units of a run, the customary one first: bits where tokens are characters or bytes, perplexity otherwise.</summary>
    /// <param name="unit">What a token is called.</param>
    /// <param name="history">What the run tells of the length of its tokens.</param>
    public static IReadOnlyList<LossUnit> For(string unit, RunHistory history)
    {
        LossMeasure measure = LossMeasure.For(unit, history.BytesPerToken);
        List<LossUnit> units = [new(measure.Name, measure.Of), Nats];
        if (unit == "token" && measure.Name != "perplexity")
        {
            LossMeasure perplexity = LossMeasure.For("word");
            units.Add(new LossUnit(perplexity.Name, perplexity.Of));
        }

        if (!LossMeasure.IsBits(unit))
        {
            AddBits("character", history.CharactersPerToken);
        }

        if (unit != "byte")
        {
            AddBits("byte", history.BytesPerToken);
        }

        return units;

        void AddBits(string of, double? perToken)
        {
            if (perToken is { } ratio && measure.Name != $"bits per {of}")
            {
                units.Add(new LossUnit($"bits per {of}", nats => nats / Math.Log(2) / ratio));
            }
        }
    }
}
