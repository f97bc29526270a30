using System.Globalization;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Training.Dynamic;

namespace TransformerXL.Cli.Screens;

/// <summary>How far a search for the values of a rule is: a line for each trial, and the progress of the one that runs.</summary>
internal sealed class TrialStatus(Terminal terminal, StatusLine line, string unit, EvaluationResult before) : IProgress<DynamicTrial>, IProgress<EvaluationProgress>
{
    private int _done;
    private double _best = double.PositiveInfinity;

    public void Report(DynamicTrial value)
    {
        _done++;
        bool isBest = value.Loss < _best;
        _best = Math.Min(_best, value.Loss);
        line.Clear();
        string loss = double.IsFinite(value.Loss) ? LossText.Measure(value.Loss, unit, before.BytesPerToken) : "steps too large";
        terminal.Notes.WriteLine($"txl: trial {_done}: {DynamicTable.Describe(value.Options)}: {loss}{(isBest ? ", the best so far" : "")}");
    }

    public void Report(EvaluationProgress value)
    {
        // No trial takes longer than another one, and most searches end before the last that is allowed.
        double share = (double)value.Segments / value.TotalSegments;
        TimeSpan left = value.Elapsed * ((1 - share) / share), max = left + ((DynamicTuning.MaxTrials - _done - 1) * (value.Elapsed / share));
        line.Show(string.Create(CultureInfo.InvariantCulture, $"trial {_done + 1} of at most {DynamicTuning.MaxTrials}: {(int)(100 * share)} %, {Figures.Rate(value.TokensPerSecond)} tokens/s, at most {Figures.Time(max)} left"));
    }
}
