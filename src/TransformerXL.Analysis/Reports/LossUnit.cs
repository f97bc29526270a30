using TransformerXL.Heads;
using TransformerXL.Training;
using TransformerXL.Training.Records;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Analysis.Reports;

/// <summary>A unit that a loss is shown in.</summary>
/// <param name="Name">The name, such as "bits per character".</param>
/// <param name="Of">Converts nats per token to this unit.</param>
internal sealed record LossUnit(string Name, Func<double, double> Of)
{
    /// <summary>Nats per token, which every run has.</summary>
    public static LossUnit Nats { get; } = new("nats per token", nats => nats);

    /// <summary>The squared error of a task whose answers are numbers.</summary>
    private const string SquaredError = "squared error of scaled numbers";

    /// <summary>The unit of losses as they are recorded.</summary>
    /// <param name="units">The units of a run.</param>
    public static LossUnit Recorded(IReadOnlyList<LossUnit> units) => units.Contains(Nats) ? Nats : units[0];

    /// <summary>Whether a unit is that of a loss itself, so that "loss" is its quantity: "the loss is 1.2 nats per token", but "the perplexity is 3.3".</summary>
    public static bool IsOfLoss(string name) => name == SquaredError || name.StartsWith("nats per ", StringComparison.Ordinal);

    /// <summary>The units of a run, the usual one first: bits where tokens are characters or bytes, perplexity otherwise. The loss of a task is not one of tokens, and has one unit.</summary>
    /// <param name="configuration">The configuration of the run.</param>
    /// <param name="unit">The name of a token.</param>
    /// <param name="history">The history of the run, which gives the mean length of its tokens.</param>
    public static IReadOnlyList<LossUnit> For(RunConfiguration configuration, string unit, RunHistory history)
    {
        if (configuration.Task is { } task)
        {
            string name = configuration.Head?.Kind == HeadKind.Number ? SquaredError
                : task.Kind switch { TaskKind.Label => "nats per word", TaskKind.Answer => "nats per question", _ => "nats per text" };
            return [new LossUnit(name, loss => loss)];
        }

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
