using TransformerXL.Training;
using TransformerXL.Training.Schedules;

namespace TransformerXL.Cli.Options;

/// <summary>Schedules of the learning rate and of dropout.</summary>
internal static class ScheduleRunOptions
{
    private const long MaxSteps = 1L << 31;
    private static readonly TrainingConfiguration Standard = new();

    private static readonly (string Word, string Value)[] s_schedules =
    [
        .. new[] { ScheduleKind.Cosine, ScheduleKind.Linear, ScheduleKind.InverseSquareRoot, ScheduleKind.Plateau, ScheduleKind.Constant }
            .Select(kind => (NameOf(kind), kind.ToString())),
    ];

    public static IEnumerable<RunOption> All()
    {
        MemberOptions training = new("training");
        yield return training.Choice("--schedule", "Learning rate decay", s_schedules, "schedule");
        yield return training.Whole<long>("--warmup", "Warm-up steps, in which the learning rate rises from 0.", 0, MaxSteps, Standard.WarmupSteps, "warmupSteps");
        yield return training.Real<double>("--min-lr", "Minimum learning rate.", "a number from 0 on", value => value >= 0, Standard.MinimumLearningRate, "minimumLearningRate");
        yield return training.Real<double>("--plateau-factor", "Learning rate factor of plateau, between 0 and 1.", "above 0 and below 1", value => value is > 0 and < 1, Standard.PlateauFactor, "plateauFactor");
        yield return training.Whole<int>("--plateau-patience", "Validations without improvement that plateau tolerates.", 0, 1 << 20, Standard.PlateauPatience, "plateauPatience");
        yield return training.Share<float>("--initial-dropout", "Dropout of the first step. [default: --dropout]", null, "initialDropout");
        yield return training.Share<float>("--initial-attention-dropout", "Attention dropout of the first step. [default: --attention-dropout]", null, "initialAttentionDropout");
        yield return training.Whole<long>("--dropout-steps", "Steps from the initial dropout to --dropout.", 0, MaxSteps, Standard.DropoutSteps, "dropoutSteps");
    }

    /// <summary>The name of a schedule on the command line.</summary>
    public static string NameOf(ScheduleKind kind) => kind switch
    {
        ScheduleKind.Linear => "linear",
        ScheduleKind.InverseSquareRoot => "inverse-sqrt",
        ScheduleKind.Plateau => "plateau",
        ScheduleKind.Constant => "constant",
        _ => "cosine",
    };
}
