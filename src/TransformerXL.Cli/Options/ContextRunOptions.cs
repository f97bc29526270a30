using TransformerXL.Models;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>The lengths of segment and memory in training.</summary>
internal static class ContextRunOptions
{
    private const int Maximum = 1 << 20;
    private static readonly ContextConfiguration Standard = new();

    public static IEnumerable<RunOption> All()
    {
        MemberOptions context = new("context");
        MemberOptions training = new("training");
        yield return context.Whole<int>("--target", "Segment length in tokens.", 1, Maximum, Standard.TargetLength, "targetLength");
        yield return context.Whole<int>("--memory", "Memory length in tokens; 0 for no memory.", 0, Maximum, Standard.MemoryLength, "memoryLength");
        yield return training.Whole<int>("--long-memory", "Longest memory of some steps, in tokens; 0 for none. Needs --clamp.", 0, Maximum, 0, "longMemoryLength");
        yield return training.Real<double>("--long-memory-share", "Share of the steps that read up to --long-memory.", "above 0 and at most 1", value => value is > 0 and <= 1, new TrainingConfiguration().LongMemoryShare, "longMemoryShare");
        yield return context.Whole<int>("--extended", "Extended context in tokens, recomputed with each segment.", 0, Maximum, Standard.ExtendedLength, "extendedLength");
        yield return context.Whole<int>("--clamp", "Maximum relative distance in tokens; 0 for no limit.", 0, Maximum, Standard.ClampLength, "clampLength");
        yield return context.Flag("--same-length", "Let every token attend to the same number of tokens.", "sameLength");
    }
}
