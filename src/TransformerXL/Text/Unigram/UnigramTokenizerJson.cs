using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram.Normalization;

namespace TransformerXL.Text.Unigram;

/// <summary>
/// Hugging Face's <c>tokenizer.json</c> with a <c>model</c> of type Unigram, as of XLM-RoBERTa: <c>pre_tokenizer</c> WhitespaceSplit, Metaspace, both in this order, or none. Settings with
/// which this library would give other ids are rejected by name; <c>truncation</c>, <c>padding</c>, <c>decoder</c> and the template of <c>post_processor</c> are ignored, because the task adds
/// the special tokens.
/// </summary>
public static class UnigramTokenizerJson
{
    internal const string Model = "'model'", Split = "WhitespaceSplit", Metaspace = "Metaspace";

    private const string What = "the tokenizer", PreTokenizer = "'pre_tokenizer'";

    /// <summary>Reads a vocabulary.</summary>
    /// <exception cref="InputException">The file is missing, too large, damaged, or needs a feature that is not supported.</exception>
    public static UnigramVocabulary Load(string path) => BytePairFile.Read(path, Parse);

    /// <summary>Writes a vocabulary, all or nothing. Rules of SentencePiece's own files become the nearest ones of Hugging Face's library, as its converter does.</summary>
    /// <exception cref="InputException">Nothing can be written there.</exception>
    public static void Save(UnigramVocabulary vocabulary, string path)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        BytePairFile.WriteJson(path, writer => UnigramTokenizerJsonWriter.Write(vocabulary, writer));
    }

    /// <exception cref="InputException">As for <see cref="Load"/>; the message does not name the file.</exception>
    internal static UnigramVocabulary Parse(byte[] content) => BytePairFile.ParseJson(content, Parse);

    /// <summary>The score of a piece.</summary>
    internal static double Score(JsonElement value, string piece) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double score)
        ? score
        : throw new InputException($"the score of the piece '{InputText.Show(piece)}' is {JsonMembers.Show(value)}, not a number");

    private static UnigramVocabulary Parse(JsonElement root)
    {
        JsonMembers.RequireKnown(root, What, "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        JsonElement model = JsonMembers.Object(JsonMembers.Required(root, "model", What), Model);
        if (!TokenizerJsonSplits.IsOfType(model, "Unigram"))
        {
            throw new InputException($"its model is {JsonMembers.Show(model)}, not \"Unigram\"");
        }

        JsonMembers.RequireKnown(model, Model, "type", "unk_id", "vocab", "byte_fallback");
        List<UnigramPiece> pieces = Pieces(JsonMembers.Array(JsonMembers.Required(model, "vocab", Model), "'vocab'"));
        bool hasUnknown = model.TryGetProperty("unk_id", out JsonElement unknown) && unknown.ValueKind == JsonValueKind.Number && unknown.TryGetInt32(out int unknownId) && unknownId >= 0 && unknownId < pieces.Count;
        int id = hasUnknown ? unknown.GetInt32() : throw new InputException($"'unk_id' of {Model} is {(unknown.ValueKind == JsonValueKind.Undefined ? "missing" : JsonMembers.Show(unknown))}, but must be one of the {pieces.Count} ids");
        bool takesSpace = AddTokens(root, pieces);
        pieces[id] = pieces[id] with { Kind = UnigramPieceKind.Unknown };
        IReadOnlyList<TextStep> steps = root.TryGetProperty("normalizer", out JsonElement normalizer) && normalizer.ValueKind != JsonValueKind.Null ? TextSteps.Parse(normalizer) : [];
        UnigramRules rules = Splits(root) with { Steps = steps, MaskTakesSpaceBefore = takesSpace, FallsBackToBytes = JsonMembers.Flag(model, "byte_fallback", Model, missing: false) };
        return new UnigramVocabulary(pieces, rules);
    }

    private static List<UnigramPiece> Pieces(JsonElement listed)
    {
        Require.That(listed.GetArrayLength() <= UnigramVocabulary.MaxCount, $"'vocab' has {listed.GetArrayLength()} entries; at most {UnigramVocabulary.MaxCount} are accepted");
        List<UnigramPiece> pieces = new(listed.GetArrayLength());
        foreach (JsonElement entry in listed.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String)
            {
                throw new InputException($"entry {pieces.Count} of 'vocab' is {JsonMembers.Show(entry)}, not a piece with its score");
            }

            string text = entry[0].GetString()!;
            pieces.Add(new UnigramPiece(text, Score(entry[1], text)));
        }

        return pieces;
    }

    /// <summary>Added tokens must be special: others would be found in a text before it is divided. Tells whether the mask takes white space before it.</summary>
    private static bool AddTokens(JsonElement root, List<UnigramPiece> pieces)
    {
        if (!root.TryGetProperty("added_tokens", out JsonElement added) || added.ValueKind == JsonValueKind.Null)
        {
            return false;
        }

        bool takesSpace = false;
        foreach (JsonElement token in JsonMembers.Array(added, "'added_tokens'").EnumerateArray())
        {
            JsonMembers.Object(token, "an added token");
            string name = JsonMembers.Text(JsonMembers.Required(token, "content", "an added token"), "the content of an added token");
            string what = $"the added token '{InputText.Show(name)}'";
            Require.That(JsonMembers.Flag(token, "special", what, missing: true), $"{what} is not special, which is not supported for a unigram vocabulary");
            int id = TokenIds.Id(JsonMembers.Required(token, "id", what), name);
            bool isNext = id == pieces.Count, isKnown = id < pieces.Count && pieces[id].Text == name;
            Require.That(isNext || isKnown, $"{what} has the id {id}, which is {(id < pieces.Count ? $"that of the piece '{InputText.Show(pieces[Math.Min(id, pieces.Count - 1)].Text)}'" : $"not the next one after {pieces.Count} pieces")}");
            UnigramPiece piece = new(name, isNext ? 0 : pieces[id].Score, UnigramPieceKind.Control);
            if (isNext)
            {
                pieces.Add(piece);
            }
            else
            {
                pieces[id] = piece;
            }

            takesSpace |= name.Contains("mask", StringComparison.OrdinalIgnoreCase) && JsonMembers.Flag(token, "lstrip", what, missing: false);
        }

        return takesSpace;
    }

    /// <summary>How a text is split before it is divided.</summary>
    private static UnigramRules Splits(JsonElement root)
    {
        List<JsonElement> steps = [];
        if (root.TryGetProperty("pre_tokenizer", out JsonElement splits) && splits.ValueKind != JsonValueKind.Null)
        {
            bool isSequence = TokenizerJsonSplits.IsOfType(splits, "Sequence");
            steps.AddRange(isSequence ? JsonMembers.Array(JsonMembers.Required(splits, "pretokenizers", PreTokenizer), "'pretokenizers'").EnumerateArray() : [splits]);
        }

        bool splitsAtSpace = steps.Count > 0 && TokenizerJsonSplits.IsOfType(steps[0], Split);
        bool hasMarks = steps.Count > 0 && TokenizerJsonSplits.IsOfType(steps[^1], Metaspace);
        if ((splitsAtSpace ? 1 : 0) + (hasMarks ? 1 : 0) != steps.Count)
        {
            throw new InputException($"{PreTokenizer} is {JsonMembers.Show(splits)} of {string.Join(", ", steps.Take(8).Select(JsonMembers.Show))}, which is not supported for a unigram vocabulary; {Split} and {Metaspace} are, alone or in this order");
        }

        UnigramRules rules = new() { SplitsAtWhiteSpace = splitsAtSpace, MarksSpaces = hasMarks, SplitsAtMarks = false, Prefix = UnigramPrefix.None };
        return hasMarks ? Marks(steps[^1], rules) : rules;
    }

    private static UnigramRules Marks(JsonElement value, UnigramRules rules)
    {
        const string what = "Metaspace in 'pre_tokenizer'";
        JsonMembers.RequireKnown(value, what, "type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split");
        string mark = JsonMembers.Text(JsonMembers.Required(value, "replacement", what), $"'replacement' of {what}");
        Require.That(mark is [(char)UnigramRules.Mark], $"'replacement' of {what} is '{InputText.Show(mark)}', which is not supported; '▁' is");
        bool adds = JsonMembers.Flag(value, "add_prefix_space", what, missing: true);
        string scheme = value.TryGetProperty("prepend_scheme", out JsonElement given) ? JsonMembers.Text(given, $"'prepend_scheme' of {what}") : adds ? "always" : "never";
        Require.That(adds || scheme == "never", $"'add_prefix_space' of {what} is false, but 'prepend_scheme' is '{InputText.Show(scheme)}'");
        UnigramPrefix prefix = scheme switch
        {
            "always" => UnigramPrefix.Each,
            "first" => UnigramPrefix.First,
            "never" => UnigramPrefix.None,
            _ => throw new InputException($"'prepend_scheme' of {what} is '{InputText.Show(scheme)}'; it must be one of always, first, never"),
        };
        return rules with { Prefix = prefix, SplitsAtMarks = JsonMembers.Flag(value, "split", what, missing: true) };
    }
}
