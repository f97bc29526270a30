using TransformerXL.Training.Masking;

namespace TransformerXL.Cli.Options;

/// <summary>Which tokens an encoder has to predict in training on a text.</summary>
internal static class MaskingRunOptions
{
    private static readonly MaskingOptions Standard = new();

    public static IEnumerable<RunOption> All()
    {
        MemberOptions masking = new("masking");
        yield return new MemberOptions("corpus").Text("--translation", "FILE", "Translations of the lines of the file --data, for an encoder.", "translationPath", CorpusRunOptions.FullPath);
        yield return masking.Choice(
            "--objective", "What an encoder learns from a text",
            [("masked", nameof(PretrainingObjective.MaskedTokens)), ("translation", nameof(PretrainingObjective.Translation)), ("permutation", nameof(PretrainingObjective.Permutation))], "objective");
        yield return masking.Choice(
            "--second-objective", "What it also learns, of two texts",
            [("none", nameof(SecondObjective.None)), ("next-sentence", nameof(SecondObjective.NextSentence)), ("sentence-order", nameof(SecondObjective.SentenceOrder))], "secondObjective");
        yield return masking.Real<double>("--mask-rate", "Share of tokens that an encoder predicts in training on a text.", "above 0 and below 1", value => value is > 0 and < 1, Standard.Rate, "rate");
        yield return masking.Choice(
            "--mask-unit", "What is masked together", [("tokens", nameof(MaskUnit.Tokens)), ("words", nameof(MaskUnit.Words)), ("spans", nameof(MaskUnit.Spans))], "unit");
        yield return masking.Flag("--mask-static", "Mask the same tokens in every epoch.", "isStatic");
        yield return masking.Share<double>("--mask-random", "Share of the predicted tokens that are replaced by a random token.", Standard.RandomShare, "randomShare");
        yield return masking.Share<double>("--mask-keep", "Share of the predicted tokens that are read as they are.", Standard.KeptShare, "keptShare");
    }
}
