using TransformerXL.Training;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Cli.Options;

/// <summary>What changes from step to step: the learning rate, and dropout.</summary>
internal static class ScheduleRunOptions
{
    private const long MaxSteps = 1L << 31;
    private static readonly TrainingConfiguration Standard = new();

    public static IEnumerable<RunOption> All()
    {
        yield return new RunOption<string, ScheduleKind>(
            NewOption.Choice("--schedule", "Learning rate decay", ["cosine", "linear", "inverse-sqrt", "plateau", "constant"], "cosine"),
            Parse,
            c => c.Training.Schedule,
            (c, kind) => c with { Training = c.Training with { Schedule = kind } });
        yield return Whole("--warmup", "Warm-up steps, in which the learning rate rises from 0.", MaxSteps, Standard.WarmupSteps, t => t.WarmupSteps, (t, n) => t with { WarmupSteps = n });
        yield return Real("--min-lr", "Minimum learning rate.", "a number from 0 on", value => value >= 0, Standard.MinimumLearningRate, t => t.MinimumLearningRate, (t, x) => t with { MinimumLearningRate = x });
        yield return Real("--plateau-factor", "Learning rate factor of plateau, between 0 and 1.", "above 0 and below 1", value => value is > 0 and < 1, Standard.PlateauFactor, t => t.PlateauFactor, (t, x) => t with { PlateauFactor = x });
        yield return Whole("--plateau-patience", "Validations without improvement that plateau tolerates.", 1 << 20, Standard.PlateauPatience, t => t.PlateauPatience, (t, n) => t with { PlateauPatience = n });
        yield return Dropout("--initial-dropout", "Dropout of the first step. [default: --dropout]", t => t.InitialDropout, (t, p) => t with { InitialDropout = p });
        yield return Dropout("--initial-attention-dropout", "Attention dropout of the first step. [default: --attention-dropout]", t => t.InitialAttentionDropout, (t, p) => t with { InitialAttentionDropout = p });
        yield return Whole("--dropout-steps", "Steps from the initial dropout to --dropout.", MaxSteps, Standard.DropoutSteps, t => t.DropoutSteps, (t, n) => t with { DropoutSteps = n });
    }

    /// <summary>A schedule as the command line names it.</summary>
    public static string NameOf(ScheduleKind kind) => kind switch
    {
        ScheduleKind.Linear => "linear",
        ScheduleKind.InverseSquareRoot => "inverse-sqrt",
        ScheduleKind.Plateau => "plateau",
        ScheduleKind.Constant => "constant",
        _ => "cosine",
    };

    private static ScheduleKind Parse(string name) => name switch
    {
        "linear" => ScheduleKind.Linear,
        "inverse-sqrt" => ScheduleKind.InverseSquareRoot,
        "plateau" => ScheduleKind.Plateau,
        "constant" => ScheduleKind.Constant,
        _ => ScheduleKind.Cosine,
    };

    private static RunOption<T?, T> Whole<T>(string name, string description, T most, T standard, Func<TrainingConfiguration, T> get, Func<TrainingConfiguration, T, TrainingConfiguration> set) where T : struct, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T> =>
        new(NewOption.Whole(name, description, T.Zero, most, (T?)standard), value => value!.Value, c => get(c.Training), (c, value) => c with { Training = set(c.Training, value) });

    private static RunOption<double?, double> Real(string name, string description, string rule, Func<double, bool> allowed, double standard, Func<TrainingConfiguration, double> get, Func<TrainingConfiguration, double, TrainingConfiguration> set) =>
        new(NewOption.Real(name, description, rule, allowed, (double?)standard), value => value!.Value, c => get(c.Training), (c, value) => c with { Training = set(c.Training, value) });

    private static RunOption<float?, float?> Dropout(string name, string description, Func<TrainingConfiguration, float?> get, Func<TrainingConfiguration, float?, TrainingConfiguration> set) =>
        new(NewOption.Real<float>(name, description, "from 0 to below 1", value => value is >= 0 and < 1), value => value, c => get(c.Training), (c, value) => c with { Training = set(c.Training, value) });
}
