using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Training;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>Draws the state of a training. After the first report the height is constant, except for the sample, so that lines do not move.</summary>
internal static class TrainingScreen
{
    private const int MinWidth = 40, MaxWidth = 110, LinesAroundSample = 5, MaxSampleLines = 12, LabelWidth = 14, MinBar = 10;
    private const string Sparks = "▁▂▃▄▅▆▇█";
    private static readonly Style Label = new(Color.Grey), Plain = Style.Plain, Strong = new(decoration: Decoration.Bold);

    /// <summary>Draws the screen.</summary>
    /// <param name="state">The state.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="height">Lines of the terminal.</param>
    /// <param name="sinceReport">Time since the last report, so that clocks advance between reports.</param>
    public static IRenderable Render(TrainingScreenState state, int width, int height, TimeSpan sinceReport = default)
    {
        width = Math.Clamp(width - 1, MinWidth, MaxWidth);
        List<IRenderable> lines =
        [
            .. ScreenText.Wrap(state.Model, width).Select(line => Line(line, Strong)),
            .. ScreenText.Wrap(state.Text, width).Select(line => Line(line, Label)),
            Line("", Plain),
            .. Progress(state, width),
            Line("", Plain),
            .. Numbers(state, sinceReport).SelectMany(row => Labelled(row.Label, row.Value, row.Style, width)),
        ];
        if (state.Losses.Length > 1)
        {
            lines.Add(Line("", Plain));
            lines.Add(Curve(state, width));
        }

        AddSample(lines, state, width, Math.Min(MaxSampleLines, height - lines.Count - LinesAroundSample));
        if (!state.HasEnded)
        {
            lines.Add(Line("", Plain));
            lines.Add(Line(state.IsStopping ? "Stopping after this step and saving…" : "Ctrl+C stops and saves", Label));
        }

        return new Rows(lines);
    }

    private static IEnumerable<(string Label, string Value, Style Style)> Numbers(TrainingScreenState state, TimeSpan sinceReport)
    {
        StepReport? last = state.Last;
        yield return ("loss", last is null ? "waiting for the first report" : LossText.Of(last.Loss, state.Unit, last.BytesPerToken), Strong);
        yield return ("validation", Validation(state), Strong);
        yield return ("rate", last is null ? "" : $"learning rate {Figures.Small(last.LearningRate)}, gradient norm {Figures.Small(last.GradientNorm)}", Plain);
        yield return ("speed", last is null ? "" : $"{Figures.Rate(last.TokensPerSecond)} tokens/s, {Figures.Rate(last.Gigaflops)} GFLOP/s", Plain);
        yield return ("time", last is null ? Figures.Time(sinceReport) : $"{Figures.Time(last.Elapsed + sinceReport)} gone, {Figures.Time(Left(state, last, sinceReport))} left", Plain);
    }

    /// <summary>While a validation runs there are no steps.</summary>
    private static TimeSpan Left(TrainingScreenState state, StepReport last, TimeSpan sinceReport) =>
        state.Validating is { } validating ? last.Remaining + validating.Remaining : last.Remaining - sinceReport;

    private static IEnumerable<IRenderable> Labelled(string label, string value, Style style, int width) => ScreenText.Wrap(value, width - LabelWidth)
        .Select((line, index) => new Paragraph((index == 0 ? label : "").PadRight(LabelWidth), Label).Append(line, style));

    private static string Validation(TrainingScreenState state)
    {
        if (state.Validating is { } validating)
        {
            return $"at step {Figures.Count(validating.Step)}: {ValidationStatus.Describe(validating)}";
        }

        if (state.Validation is not { } validation)
        {
            return "none yet";
        }

        string best = validation.IsBest ? "the best so far"
            : state.Best is { } other ? $"best {(other is TaskReport chosen ? LossText.Value(chosen.Choosing) : Figures.Loss(other.Loss))} at step {Figures.Count(other.Step)}"
            : "";
        string measured = validation is TaskReport task ? $"{LossText.Metrics(task)}; {Figures.Loss(task.Loss)} nats" : LossText.Of(validation.Loss, state.Unit, validation.BytesPerToken);
        return $"{measured} at step {Figures.Count(validation.Step)}{(best.Length > 0 ? ", " : "")}{best}";
    }

    private static IEnumerable<IRenderable> Progress(TrainingScreenState state, int width)
    {
        long step = state.Last?.Step ?? state.FirstStep;
        string epoch = state.Last is { } last ? string.Create(CultureInfo.InvariantCulture, $", epoch {last.Epoch}") : "";
        string text = $" step {Figures.Count(step)} of {Figures.Count(state.Steps)}{epoch}";
        bool together = width - text.Length >= MinBar;
        int length = together ? width - text.Length : width, done = (int)(length * Math.Clamp((double)step / state.Steps, 0, 1));
        Paragraph bar = new Paragraph(new string('━', done), new Style(Color.Green)).Append(new string('─', length - done), Label);
        yield return together ? bar.Append(text) : bar;
        if (!together)
        {
            yield return Line(text.TrimStart(), Plain);
        }
    }

    /// <summary>Training losses from the highest to the lowest seen, newest at the right.</summary>
    private static Paragraph Curve(TrainingScreenState state, int width)
    {
        double[] losses = Resample([.. state.Losses], Math.Min(width - LabelWidth, state.Losses.Length));
        double low = losses.Min(), range = Math.Max(losses.Max() - low, 1e-9);
        string curve = string.Concat(losses.Select(loss => Sparks[(int)Math.Round((loss - low) / range * (Sparks.Length - 1))]));
        return new Paragraph("loss so far".PadRight(LabelWidth), Label).Append(curve, new Style(Color.Blue));
    }

    private static double[] Resample(double[] values, int count)
    {
        double[] means = new double[count];
        for (int i = 0; i < count; i++)
        {
            int begin = (int)((long)i * values.Length / count), end = (int)((long)(i + 1) * values.Length / count);
            means[i] = values[begin..Math.Max(end, begin + 1)].Average();
        }

        return means;
    }

    private static void AddSample(List<IRenderable> lines, TrainingScreenState state, int width, int max)
    {
        if (max < 2 || state.Validation is not { Sample.Length: > 0 } validation)
        {
            return;
        }

        lines.Add(Line("", Plain));
        lines.Add(Line($"what it writes at step {Figures.Count(validation.Step)}", Label));
        foreach (string line in ScreenText.Wrap(validation.Sample, width - 2, max))
        {
            lines.Add(Line("  " + line, Plain));
        }
    }

    private static Spectre.Console.Text Line(string text, Style style) => new(text.Length == 0 ? " " : text, style);
}
