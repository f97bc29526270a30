using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// The pair of files of GPT-2: <c>vocab.json</c> (an object of names and ids) and <c>merges.txt</c>. They do not say which tokens are special,
/// nor whether a space is added before the text; <see cref="TokenizerJson"/> does.
/// </summary>
public static class VocabularyAndMerges
{
    private const string EndOfText = "<|endoftext|>";

    /// <summary>The special tokens of RoBERTa (Liu et al. 2019), which is known by the last of them.</summary>
    private static readonly string[] s_ofRoberta = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="vocabularyPath">Path of <c>vocab.json</c>.</param>
    /// <param name="mergesPath">Path of <c>merges.txt</c>.</param>
    /// <param name="specialTokens">Names in <c>vocab.json</c> that are special tokens; if null, <c>&lt;|endoftext|&gt;</c> if it exists, or with a <c>&lt;mask&gt;</c> the special tokens of RoBERTa.</param>
    /// <param name="addPrefixSpace">See <see cref="BytePairVocabulary.AddsPrefixSpace"/>; false for GPT-2.</param>
    /// <exception cref="InputException">A file is missing, too large or damaged, or they do not match.</exception>
    public static BytePairVocabulary Load(string vocabularyPath, string mergesPath, IReadOnlyCollection<string>? specialTokens = null, bool addPrefixSpace = false)
    {
        BytePairModelBuilder builder = BytePairFile.Read(vocabularyPath, content => ParseVocabulary(content, specialTokens));
        return BytePairFile.Read(mergesPath, content =>
        {
            MergesText.Parse(content, builder);
            return new BytePairVocabulary(builder.Build(new BytePairRules { AddsPrefixSpace = addPrefixSpace }));
        });
    }

    /// <summary>Writes a vocabulary, each file all or nothing.</summary>
    /// <exception cref="InputException">Nothing can be written there, or the vocabulary splits text differently from GPT-2, which these files cannot represent.</exception>
    public static void Save(BytePairVocabulary vocabulary, string vocabularyPath, string mergesPath)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Require.That(vocabulary.Model.Rules.IsGpt2, "the vocabulary splits or normalizes text differently from GPT-2, which vocab.json and merges.txt cannot represent; tokenizer.json can");
        BytePairFile.WriteJson(vocabularyPath, writer => BytePairFile.WriteIds(writer, vocabulary.Model.Names()));
        AtomicFile.Write(mergesPath, stream => stream.Write(MergesText.ToUtf8(vocabulary.Model)));
    }

    /// <exception cref="InputException">As for <see cref="Load"/>; the message does not name the file.</exception>
    internal static BytePairModelBuilder ParseVocabulary(byte[] content, IReadOnlyCollection<string>? specialTokens) =>
        BytePairFile.ParseJson(content, root => ParseVocabulary(root, specialTokens));

    private static BytePairModelBuilder ParseVocabulary(JsonElement root, IReadOnlyCollection<string>? specialTokens)
    {
        var ids = new TokenIds();
        ids.AddAll(root);
        specialTokens ??= ids.Contains(EndOfText) ? [EndOfText] : ids.Contains(s_ofRoberta[^1]) ? [.. s_ofRoberta.Where(ids.Contains)] : [];
        foreach (string token in specialTokens)
        {
            if (!ids.Contains(token))
            {
                throw new InputException($"the special token '{InputText.Show(token)}' is not in the vocabulary");
            }
        }
        string?[] names = ids.ToNames(mayHaveGaps: true);
        IEnumerable<int> special = Enumerable.Range(0, names.Length).Where(id => names[id] is { } name && specialTokens.Contains(name));
        return new BytePairModelBuilder(names, special.Select(id => new AddedToken(names[id]!, id)));
    }
}
