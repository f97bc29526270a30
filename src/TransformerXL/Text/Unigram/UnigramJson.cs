using System.Text.Json;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram.Normalization;

namespace TransformerXL.Text.Unigram;

/// <summary>
/// The members of <c>vocabulary.json</c> that belong to a unigram vocabulary: the rules, <c>pieces</c> and <c>scores</c> in the order of their ids, and for each kind of piece but the
/// normal ones the ids.
/// </summary>
internal static class UnigramJson
{
    private const string Normalizer = "normalizer", Pieces = "pieces", Scores = "scores", Prefix = "prefix";
    private const string What = "the vocabulary";

    private static readonly (string Name, Func<UnigramRules, bool> Get, Func<UnigramRules, bool, UnigramRules> Set)[] s_flags =
    [
        ("mapsLongest", rules => rules.MapsLongest, (rules, value) => rules with { MapsLongest = value }),
        ("splitsAtWhiteSpace", rules => rules.SplitsAtWhiteSpace, (rules, value) => rules with { SplitsAtWhiteSpace = value }),
        ("marksSpaces", rules => rules.MarksSpaces, (rules, value) => rules with { MarksSpaces = value }),
        ("splitsAtMarks", rules => rules.SplitsAtMarks, (rules, value) => rules with { SplitsAtMarks = value }),
        ("removesExtraSpaces", rules => rules.RemovesExtraSpaces, (rules, value) => rules with { RemovesExtraSpaces = value }),
        ("sumsInSingle", rules => rules.SumsInSingle, (rules, value) => rules with { SumsInSingle = value }),
        ("fallsBackToBytes", rules => rules.FallsBackToBytes, (rules, value) => rules with { FallsBackToBytes = value }),
        ("maskTakesSpaceBefore", rules => rules.MaskTakesSpaceBefore, (rules, value) => rules with { MaskTakesSpaceBefore = value }),
    ];

    private static readonly (string Name, UnigramPieceKind Kind)[] s_kinds =
    [
        ("unknown", UnigramPieceKind.Unknown), ("control", UnigramPieceKind.Control), ("userDefined", UnigramPieceKind.UserDefined), ("unused", UnigramPieceKind.Unused), ("bytes", UnigramPieceKind.Byte),
    ];

    public static void Write(UnigramVocabulary vocabulary, Utf8JsonWriter writer)
    {
        writer.WriteStartArray(Normalizer);
        foreach (TextStep step in vocabulary.Rules.Steps)
        {
            TextSteps.Write(step, writer);
        }

        writer.WriteEndArray();
        writer.WriteString(Prefix, vocabulary.Rules.Prefix.ToString());
        foreach ((string name, Func<UnigramRules, bool> get, _) in s_flags)
        {
            writer.WriteBoolean(name, get(vocabulary.Rules));
        }

        foreach ((string name, UnigramPieceKind kind) in s_kinds)
        {
            writer.WriteStartArray(name);
            foreach (int id in vocabulary.Ids(kind))
            {
                writer.WriteNumberValue(id);
            }

            writer.WriteEndArray();
        }

        writer.WriteStartArray(Pieces);
        foreach (UnigramPiece piece in vocabulary.Pieces)
        {
            writer.WriteStringValue(piece.Text);
        }

        writer.WriteEndArray();
        writer.WriteStartArray(Scores);
        foreach (UnigramPiece piece in vocabulary.Pieces)
        {
            writer.WriteNumberValue(piece.Score);
        }

        writer.WriteEndArray();
    }

    public static UnigramVocabulary Parse(JsonElement root)
    {
        UnigramRules rules = new() { Steps = TextSteps.ParseAll(VocabularyJson.RequiredArray(root, Normalizer)), Prefix = ParsePrefix(VocabularyJson.RequiredString(root, Prefix)) };
        foreach ((string name, _, Func<UnigramRules, bool, UnigramRules> set) in s_flags)
        {
            JsonMembers.Required(root, name, What);
            rules = set(rules, JsonMembers.Flag(root, name, What, missing: false));
        }

        JsonElement texts = VocabularyJson.RequiredArray(root, Pieces), scores = VocabularyJson.RequiredArray(root, Scores);
        int count = texts.GetArrayLength();
        Require.That(count <= UnigramVocabulary.MaxCount && scores.GetArrayLength() == count, $"it has {count} pieces and {scores.GetArrayLength()} scores; there must be as many of both, at most {UnigramVocabulary.MaxCount}");
        UnigramPiece[] pieces = new UnigramPiece[count];
        int i = 0;
        foreach (JsonElement text in texts.EnumerateArray())
        {
            string piece = text.ValueKind == JsonValueKind.String ? text.GetString()! : throw new InputException($"piece {i} is {JsonMembers.Show(text)}, not a text");
            pieces[i++] = new UnigramPiece(piece, 0);
        }

        i = 0;
        foreach (JsonElement score in scores.EnumerateArray())
        {
            pieces[i] = pieces[i] with { Score = UnigramTokenizerJson.Score(score, pieces[i].Text) };
            i++;
        }

        foreach ((string name, UnigramPieceKind kind) in s_kinds)
        {
            foreach (JsonElement id in VocabularyJson.RequiredArray(root, name).EnumerateArray())
            {
                bool isId = id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out i) && i >= 0 && i < count;
                pieces[i] = isId ? pieces[i] with { Kind = kind } : throw new InputException($"'{name}' has the id {JsonMembers.Show(id)}, which is not in 0..{count - 1}");
            }
        }

        return new UnigramVocabulary(pieces, rules);
    }

    private static UnigramPrefix ParsePrefix(string name)
    {
        int prefix = Array.IndexOf(Enum.GetNames<UnigramPrefix>(), name);
        return prefix >= 0 ? (UnigramPrefix)prefix : throw new InputException($"'{Prefix}' is '{Files.InputText.Show(name)}'; it must be one of {string.Join(", ", Enum.GetNames<UnigramPrefix>())}");
    }
}
