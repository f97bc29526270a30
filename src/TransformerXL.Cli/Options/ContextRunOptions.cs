using TransformerXL.Models;

namespace TransformerXL.Cli.Options;

/// <summary>How much text a model sees and remembers in training.</summary>
internal static class ContextRunOptions
{
    private const int Maximum = 1 << 20;
    private static readonly ContextConfiguration Standard = new();

    public static IEnumerable<RunOption> All()
    {
        MemberOptions context = new("context");
        yield return context.Whole<int>("--target", "Segment length in tokens.", 1, Maximum, Standard.TargetLength, "targetLength");
        yield return context.Whole<int>("--memory", "Memory length in tokens; 0 for no memory.", 0, Maximum, Standard.MemoryLength, "memoryLength");
        yield return context.Whole<int>("--extended", "Extended context in tokens, recomputed with each segment.", 0, Maximum, Standard.ExtendedLength, "extendedLength");
        yield return context.Whole<int>("--clamp", "Maximum relative distance in tokens; 0 for no limit.", 0, Maximum, Standard.ClampLength, "clampLength");
        yield return context.Flag("--same-length", "Let every token attend to the same number of tokens.", "sameLength");
    }
}
