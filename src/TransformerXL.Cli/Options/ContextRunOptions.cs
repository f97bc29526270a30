using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>How much text a model sees and remembers in training.</summary>
internal static class ContextRunOptions
{
    private const int Maximum = 1 << 20;
    private static readonly ContextConfiguration Standard = new();

    public static IEnumerable<RunOption> All()
    {
        yield return Length("--target", "Segment length in tokens.", 1, Standard.TargetLength, c => c.TargetLength, (c, n) => c with { TargetLength = n });
        yield return Length("--memory", "Memory length in tokens; 0 for no memory.", 0, Standard.MemoryLength, c => c.MemoryLength, (c, n) => c with { MemoryLength = n });
        yield return new RunOption<int?, int>(
            NewOption.Whole("--long-memory", "Longest memory of some steps, in tokens; 0 for none. Needs --clamp.", 0, Maximum, 0),
            value => value!.Value,
            c => c.Training.LongMemoryLength,
            (c, n) => c with { Training = c.Training with { LongMemoryLength = n } });
        yield return new RunOption<double?, double>(
            NewOption.Real("--long-memory-share", "Share of the steps that read up to --long-memory.", "above 0 and at most 1", value => value is > 0 and <= 1, (double?)new TrainingConfiguration().LongMemoryShare),
            value => value!.Value,
            c => c.Training.LongMemoryShare,
            (c, share) => c with { Training = c.Training with { LongMemoryShare = share } });
        yield return Length("--extended", "Extended context in tokens, recomputed with each segment.", 0, Standard.ExtendedLength, c => c.ExtendedLength, (c, n) => c with { ExtendedLength = n });
        yield return Length("--clamp", "Maximum relative distance in tokens; 0 for no limit.", 0, Standard.ClampLength, c => c.ClampLength, (c, n) => c with { ClampLength = n });
        yield return new RunOption<bool, bool>(
            NewOption.Flag("--same-length", "Let every token attend to the same number of tokens."),
            value => value,
            c => c.Context.SameLength,
            (c, on) => c with { Context = c.Context with { SameLength = on } });
    }

    private static RunOption<int?, int> Length(string name, string description, int least, int standard, Func<ContextConfiguration, int> get, Func<ContextConfiguration, int, ContextConfiguration> set) =>
        new(
            NewOption.Whole(name, description, least, Maximum, standard),
            value => value!.Value,
            c => get(c.Context),
            (c, value) => c with { Context = set(c.Context, value) });
}
