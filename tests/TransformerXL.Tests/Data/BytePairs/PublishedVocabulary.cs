using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>A published vocabulary as a tokenizer.json, made from the data that comes with Microsoft.ML.Tokenizers, and that library's tokenizer of it.</summary>
internal sealed class PublishedVocabulary
{
    public const string Llama3Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string TiktokenPattern = @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";
    public const string O200kPattern = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Dictionary<string, Lazy<PublishedVocabulary>> s_all = new()
    {
        ["gpt2"] = new(() => new PublishedVocabulary("gpt2", "Gpt2", null)),
        ["cl100k_base"] = new(() => new PublishedVocabulary("cl100k_base", "Cl100kBase", Llama3Pattern)),
        ["o200k_base"] = new(() => new PublishedVocabulary("o200k_base", "O200kBase", O200kPattern)),
    };

    private PublishedVocabulary(string name, string package, string? pattern)
    {
        Oracle = name == "gpt2" ? TiktokenTokenizer.CreateForModel("gpt2") : TiktokenTokenizer.CreateForEncoding(name);
        Json = ToTokenizerJson(Ranks(package), Oracle.SpecialTokens!, pattern);
        Vocabulary = TokenizerJson.Parse(Json);
    }

    public TiktokenTokenizer Oracle { get; }

    public byte[] Json { get; }

    public BytePairVocabulary Vocabulary { get; }

    public static PublishedVocabulary Get(string name) => s_all[name].Value;

    /// <summary>The tokens (one char for each byte) with their ranks.</summary>
    private static Dictionary<string, int> Ranks(string package)
    {
        var assembly = Assembly.Load("Microsoft.ML.Tokenizers.Data." + package);
        using Stream resource = assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(name => name.Contains("tiktoken", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(new DeflateStream(resource, CompressionMode.Decompress));
        Dictionary<string, int> ranks = new(StringComparer.Ordinal);
        int rank = -1;
        while (reader.ReadLine() is { } line)
        {
            // The first line tells how many there are; a token without a rank has the next one.
            string[] parts = line.Split(' ');
            if (!parts[0].EndsWith(':'))
            {
                rank = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : rank + 1;
                ranks[Encoding.Latin1.GetString(Convert.FromBase64String(parts[0]))] = rank;
            }
        }
        return ranks;
    }

    /// <summary>As the converters of other programs do it: every way in which a token is made of two others is a merge, in the order of the tokens.</summary>
    private static byte[] ToTokenizerJson(Dictionary<string, int> ranks, IReadOnlyDictionary<string, int> special, string? pattern)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("added_tokens");
            foreach ((string name, int id) in special)
            {
                JsonSerializer.Serialize(writer, new { id, content = name, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true });
            }
            writer.WriteEndArray();
            writer.WritePropertyName("pre_tokenizer");
            object bytes = new { type = "ByteLevel", add_prefix_space = false, use_regex = pattern is null };
            object split = new { type = "Split", pattern = new { Regex = pattern }, behavior = "Isolated", invert = false };
            JsonSerializer.Serialize(writer, pattern is null ? bytes : new { type = "Sequence", pretokenizers = new[] { split, bytes } });
            writer.WriteStartObject("model");
            writer.WriteBoolean("ignore_merges", pattern is not null);
            WriteTokens(writer, ranks);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WriteTokens(Utf8JsonWriter writer, Dictionary<string, int> ranks)
    {
        writer.WriteStartObject("vocab");
        foreach ((string token, int rank) in ranks)
        {
            writer.WriteNumber(ByteAlphabet.Name(Encoding.Latin1.GetBytes(token)), rank);
        }
        writer.WriteEndObject();
        writer.WriteStartArray("merges");
        foreach ((string token, _) in ranks.OrderBy(entry => entry.Value))
        {
            IEnumerable<(string Left, string Right)> halves = Enumerable.Range(1, token.Length - 1).Select(cut => (token[..cut], token[cut..]));
            foreach ((string left, string right) in halves.Where(half => ranks.ContainsKey(half.Left) && ranks.ContainsKey(half.Right)).OrderBy(half => ranks[half.Left]))
            {
                writer.WriteStringValue($"{ByteAlphabet.Name(Encoding.Latin1.GetBytes(left))} {ByteAlphabet.Name(Encoding.Latin1.GetBytes(right))}");
            }
        }
        writer.WriteEndArray();
    }
}
