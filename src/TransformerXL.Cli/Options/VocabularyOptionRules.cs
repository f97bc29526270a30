using TransformerXL.Text;

namespace TransformerXL.Cli.Options;

/// <summary>Rules of combined options of a vocabulary.</summary>
internal static class VocabularyOptionRules
{
    public static IEnumerable<OptionRule> All()
    {
        yield return Made("minFrequency", "--min-frequency", v => v.MinFrequency > 0);
        yield return Made("maxSize", "--max-vocabulary", v => v.MaxSize is not null);
        yield return Words("lowerCase", "--lower-case", v => v.LowerCase);
        yield return Words("delimiter", "--delimiter", v => v.Delimiter is not null);
        yield return Words("addEos", "--no-eos", v => v is { AddEos: false, File: null });
        yield return Words("addDoubleEos", "--sentences", v => v.AddDoubleEos);
        yield return Rule("file minFrequency", v => v is { File: not null, MinFrequency: > 0 } ? "--min-frequency is for a vocabulary made from the text, not for a --vocabulary-file" : null);
        yield return Rule("file maxSize", v => v is { File: not null, MaxSize: not null } ? "--max-vocabulary is for a vocabulary made from the text, not for a --vocabulary-file" : null);
    }

    private static OptionRule Made(string member, string option, Func<VocabularyOptions, bool> isSet) =>
        Rule($"{member} kind", v => isSet(v) && v.Kind is not (VocabularyKind.Words or VocabularyKind.BytePairs) ? $"{option} is for --vocabulary words or byte-pairs, not for {VocabularyKinds.NameOf(v.Kind)}" : null);

    private static OptionRule Words(string member, string option, Func<VocabularyOptions, bool> isSet) =>
        Rule($"{member} kind", v => isSet(v) && v.Kind != VocabularyKind.Words ? $"{option} is for --vocabulary words, not for {VocabularyKinds.NameOf(v.Kind)}" : null);

    private static OptionRule Rule(string members, Func<VocabularyOptions, string?> broken) =>
        new([.. members.Split(' ').Select(member => $"corpus.vocabulary.{member}")], c => c.Corpus?.Vocabulary is { } vocabulary ? broken(vocabulary) : null);
}
