using System.Text;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text.WordPieces;

/// <summary>
/// The files of BERT: <c>vocab.txt</c> with a token in each line, and <c>tokenizer_config.json</c> beside it, which says what happens to upper case and accents. Without that file, a
/// vocabulary that has tokens with upper-case letters, apart from special ones, is cased.
/// </summary>
public static class WordPieceFile
{
    /// <summary>The name of the file of the rules.</summary>
    public const string RulesName = "tokenizer_config.json";

    private const string What = "the configuration of the tokenizer";

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="path">Path of <c>vocab.txt</c>.</param>
    /// <exception cref="InputException">A file is missing, too large or damaged, or lacks a special token.</exception>
    public static WordPieceVocabulary Load(string path)
    {
        string[] tokens = BytePairFile.Read(path, Lines);
        string rules = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, RulesName);
        WordPieceRules read = File.Exists(rules)
            ? BytePairFile.Read(rules, content => BytePairFile.ParseJson(content, root => Rules(root, tokens)))
            : ByTokens(tokens);
        return BytePairFile.Read(path, _ => new WordPieceVocabulary(tokens, read));
    }

    /// <summary>Writes both files, each all or nothing.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="path">Path of <c>vocab.txt</c>.</param>
    /// <exception cref="InputException">Nothing can be written there, or a token holds a line break, which the file cannot express.</exception>
    public static void Save(WordPieceVocabulary vocabulary, string path)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        string[] tokens = vocabulary.Tokens.ToArray();
        int wrong = Array.FindIndex(tokens, token => token.AsSpan().ContainsAny('\r', '\n'));
        Require.That(wrong < 0, $"token {wrong} of the vocabulary holds a line break, which {Path.GetFileName(path)} cannot express");
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(tokens.Select(token => token + "\n")))));
        BytePairFile.WriteJson(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, RulesName), writer =>
        {
            writer.WriteBoolean("do_lower_case", vocabulary.Rules.LowerCase);
            writer.WriteBoolean("strip_accents", vocabulary.Rules.StripAccents);
            writer.WriteBoolean("tokenize_chinese_chars", vocabulary.Rules.SeparatesChinese);
            writer.WriteString("unk_token", WordPieceVocabulary.Unknown);
            writer.WriteString("cls_token", WordPieceVocabulary.Class);
            writer.WriteString("sep_token", WordPieceVocabulary.Separator);
            writer.WriteString("pad_token", WordPieceVocabulary.Padding);
            writer.WriteString("mask_token", WordPieceVocabulary.Mask);
            writer.WriteString("tokenizer_class", "BertTokenizer");
        });
    }

    /// <summary>Whether a file has at least two of BERT's special tokens among its lines; reading it names one that is missing.</summary>
    public static bool IsIn(string path) =>
        BytePairFile.Read(path, Lines).Intersect([WordPieceVocabulary.Unknown, WordPieceVocabulary.Class, WordPieceVocabulary.Separator, WordPieceVocabulary.Mask, WordPieceVocabulary.Padding], StringComparer.Ordinal).Skip(1).Any();

    /// <summary>The rules of a vocabulary that no file tells about.</summary>
    internal static WordPieceRules ByTokens(IEnumerable<string> tokens) =>
        tokens.Any(token => !(token.StartsWith('[') && token.EndsWith(']')) && token.Any(char.IsUpper)) ? WordPieceRules.Cased : new WordPieceRules();

    private static string[] Lines(byte[] content)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InputException($"it is not valid UTF-8: {InputText.Show(exception.Message)}", exception);
        }

        string[] lines = text.Split('\n');
        lines = lines is [.., ""] ? lines[..^1] : lines;
        return Array.ConvertAll(lines, line => line.EndsWith('\r') ? line[..^1] : line);
    }

    private static WordPieceRules Rules(JsonElement root, string[] tokens)
    {
        WordPieceRules standard = ByTokens(tokens);
        bool lower = JsonMembers.Flag(root, "do_lower_case", What, missing: standard.LowerCase);
        bool strips = root.TryGetProperty("strip_accents", out JsonElement strip) && strip.ValueKind != JsonValueKind.Null ? JsonMembers.Flag(root, "strip_accents", What, lower) : lower;
        if (!JsonMembers.Flag(root, "do_basic_tokenize", What, missing: true))
        {
            throw new InputException("'do_basic_tokenize' is false, which is not supported");
        }

        return standard with { LowerCase = lower, StripAccents = strips, SeparatesChinese = JsonMembers.Flag(root, "tokenize_chinese_chars", What, missing: true) };
    }
}
