using System.Text.Json;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram.Normalization;

namespace TransformerXL.Text.Unigram;

/// <summary>Writes the members of a <c>tokenizer.json</c> of a unigram vocabulary.</summary>
internal static class UnigramTokenizerJsonWriter
{
    private const string Mark = "\u2581";

    public static void Write(UnigramVocabulary vocabulary, Utf8JsonWriter writer)
    {
        writer.WriteString("version", TokenizerJson.Version);
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        foreach (int id in vocabulary.Ids(UnigramPieceKind.Control).Append(vocabulary.UnknownId!.Value).Order())
        {
            WordPieces.WordPieceTokenizerJson.WriteAdded(writer, id, vocabulary.Describe(id), takesSpaceBefore: id == vocabulary.MaskId && vocabulary.Rules.MaskTakesSpaceBefore);
        }

        writer.WriteEndArray();
        WriteNormalizer(vocabulary.Rules, writer);
        writer.WritePropertyName("pre_tokenizer");
        WriteSplits(vocabulary.Rules, writer);
        WriteTemplate(vocabulary, writer);
        writer.WritePropertyName("decoder");
        WriteMetaspace(writer, vocabulary.Rules);
        writer.WriteStartObject("model");
        writer.WriteString("type", "Unigram");
        writer.WriteNumber("unk_id", vocabulary.UnknownId!.Value);
        writer.WriteStartArray("vocab");
        foreach (UnigramPiece piece in vocabulary.Pieces)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(piece.Text);
            writer.WriteNumberValue(piece.Score);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("byte_fallback", vocabulary.Rules.FallsBackToBytes);
        writer.WriteEndObject();
    }

    private static void WriteNormalizer(UnigramRules rules, Utf8JsonWriter writer)
    {
        IReadOnlyList<TextStep> steps = rules.RemovesExtraSpaces ? [.. rules.Steps, new StripStep(left: true, right: true), new ReplaceStep(null, " ")] : rules.Steps;
        if (steps.Count == 0)
        {
            writer.WriteNull("normalizer");
            return;
        }

        writer.WritePropertyName("normalizer");
        if (steps.Count == 1)
        {
            TextSteps.Write(steps[0], writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type", "Sequence");
        writer.WriteStartArray("normalizers");
        foreach (TextStep step in steps)
        {
            TextSteps.Write(step, writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteSplits(UnigramRules rules, Utf8JsonWriter writer)
    {
        if (!rules.SplitsAtWhiteSpace && !rules.MarksSpaces)
        {
            writer.WriteNullValue();
            return;
        }

        bool hasBoth = rules.SplitsAtWhiteSpace && rules.MarksSpaces;
        if (hasBoth)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "Sequence");
            writer.WriteStartArray("pretokenizers");
        }

        if (rules.SplitsAtWhiteSpace)
        {
            writer.WriteStartObject();
            writer.WriteString("type", UnigramTokenizerJson.Split);
            writer.WriteEndObject();
        }

        if (rules.MarksSpaces)
        {
            WriteMetaspace(writer, rules);
        }

        if (hasBoth)
        {
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }

    private static void WriteMetaspace(Utf8JsonWriter writer, UnigramRules rules)
    {
        writer.WriteStartObject();
        writer.WriteString("type", UnigramTokenizerJson.Metaspace);
        writer.WriteString("replacement", Mark);
        writer.WriteString("prepend_scheme", rules.Prefix switch { UnigramPrefix.None => "never", UnigramPrefix.First => "first", _ => "always" });
        writer.WriteBoolean("split", rules.SplitsAtMarks || rules.SumsInSingle);
        writer.WriteEndObject();
    }

    /// <summary><c>&lt;s&gt; text &lt;/s&gt;</c>, and <c>&lt;s&gt; first &lt;/s&gt;&lt;/s&gt; second &lt;/s&gt;</c>; with the class token last <c>text &lt;sep&gt; &lt;cls&gt;</c> and <c>first &lt;sep&gt; second &lt;sep&gt; &lt;cls&gt;</c>.</summary>
    private static void WriteTemplate(UnigramVocabulary vocabulary, Utf8JsonWriter writer)
    {
        if (vocabulary.ClassId is not { } first || vocabulary.SeparatorId is not { } separator)
        {
            writer.WriteNull("post_processor");
            return;
        }

        (int, int)[] before = vocabulary.ClassIsLast ? [] : [(first, 0)], after = vocabulary.ClassIsLast ? [(first, 2)] : [], one = [.. before, (-1, 0), (separator, 0)];
        IEnumerable<(int, int)> more = Enumerable.Repeat((separator, 0), vocabulary.PairSeparators - 1);
        int second = vocabulary.PairSeparators > 1 ? 0 : 1;
        writer.WriteStartObject("post_processor");
        writer.WriteString("type", "TemplateProcessing");
        WriteParts(vocabulary, writer, "single", [.. one, .. after]);
        WriteParts(vocabulary, writer, "pair", [.. one, .. more, (-2, second), (separator, second), .. after]);
        writer.WriteStartObject("special_tokens");
        foreach (int id in new[] { first, separator })
        {
            writer.WriteStartObject(vocabulary.Describe(id));
            writer.WriteString("id", vocabulary.Describe(id));
            writer.WriteStartArray("ids");
            writer.WriteNumberValue(id);
            writer.WriteEndArray();
            writer.WriteStartArray("tokens");
            writer.WriteStringValue(vocabulary.Describe(id));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <param name="vocabulary">The names of the special tokens.</param>
    /// <param name="writer">Receives the parts.</param>
    /// <param name="name">The name of the template.</param>
    /// <param name="parts">Special tokens by their ids, -1 for the first text and -2 for the second, each with its token type.</param>
    private static void WriteParts(UnigramVocabulary vocabulary, Utf8JsonWriter writer, string name, IEnumerable<(int Id, int Type)> parts)
    {
        writer.WriteStartArray(name);
        foreach ((int id, int type) in parts)
        {
            writer.WriteStartObject();
            writer.WriteStartObject(id < 0 ? "Sequence" : "SpecialToken");
            writer.WriteString("id", id < 0 ? (id == -1 ? "A" : "B") : vocabulary.Describe(id));
            writer.WriteNumber("type_id", type);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
