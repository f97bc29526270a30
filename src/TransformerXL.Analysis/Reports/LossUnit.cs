using TransformerXL.Training.Records;

namespace TransformerXL.Analysis.Reports;

/// <summary>A unit that a loss is shown in.</summary>
/// <param name="Name">The name, such as "bits per character".</param>
/// <param name="Of">Converts nats per token to this unit.</param>
internal sealed record LossUnit(string Name, Func<double, double> Of)
{
    /// <summary>Nats per token, which every run has.</summary>
    public static LossUnit Nats { get; } = new("nats per token", nats => nats);

    /// <summary>The units of a run, the usual one first: bits where tokens are characters or bytes, perplexity otherwise.</summary>
    /// <param name="unit">The name of a token.</param>
    /// <param name="history">The history of the run, which gives the mean length of its tokens.</param>
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
