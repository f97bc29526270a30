using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Text;

/// <summary>
/// The format of <c>vocabulary.json</c>: <c>format</c>, <c>version</c>, <c>kind</c>; for characters <c>unknown</c> and <c>symbols</c>
/// (one code point each); for words <c>unknown</c>, <c>lowerCase</c>, <c>delimiter</c>, <c>marks</c> and <c>symbols</c>;
/// for byte pairs see <see cref="BytePairJson"/>, for a unigram vocabulary <see cref="UnigramJson"/>.
/// </summary>
internal static class VocabularyJson
{
    /// <summary>Enough for all code points in their longest escaped form, and for tens of millions of words. Reading takes memory of a few times the size of the file.</summary>
    public const int MaxFileBytes = 512 << 20;

    private const string FormatName = "transformerxl.vocabulary";
    private const int Version = 1, NewestVersion = 2;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 4 };


    public static byte[] ToUtf8(Vocabulary vocabulary)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            writer.WriteStartObject();
            writer.WriteString("format", FormatName);
            writer.WriteNumber("version", vocabulary.NeedsVersion2 ? NewestVersion : Version);
            writer.WriteString("kind", vocabulary.Kind);
            vocabulary.WriteContent(writer);
            writer.WriteEndObject();
        }
        Require.That(
            buffer.WrittenCount <= MaxFileBytes,
            $"the vocabulary of {vocabulary.Count} {vocabulary.Unit}s takes {buffer.WrittenCount} bytes; at most {MaxFileBytes} can be read again. Keep fewer of them");
        return buffer.WrittenSpan.ToArray();
    }

    public static Vocabulary Load(string path)
    {
        byte[] content = ReadBounded(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, s_options);
            return Parse(document.RootElement);
        }
        // GetString throws InvalidOperationException for an escaped lone surrogate.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InputException($"vocabulary '{path}' is not valid JSON: {JsonFault.Describe(content, s_options)}", exception);
        }
        catch (InputException exception)
        {
            throw new InputException($"vocabulary '{path}': {exception.Message}", exception);
        }
    }

    /// <summary>Reads a file of at most <see cref="MaxFileBytes"/>; a byte order mark at its beginning is left out.</summary>
    public static byte[] ReadBounded(string path)
    {
        try
        {
            RegularFile.Require(path);
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            long length = stream.Length;
            if (length > MaxFileBytes)
            {
                throw new InputException($"vocabulary '{path}' has {length} bytes; at most {MaxFileBytes} are read");
            }
            byte[] content = new byte[length];
            stream.ReadExactly(content);
            return content.AsSpan().StartsWith(ByteOrderMark.Utf8) ? content[ByteOrderMark.Utf8.Length..] : content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"vocabulary '{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    private static Vocabulary Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InputException($"an object is expected, not {root.ValueKind}");
        }
        string format = RequiredString(root, "format");
        if (format != FormatName)
        {
            throw new InputException($"format '{InputText.Show(format)}' is not '{FormatName}'");
        }
        if (!root.TryGetProperty("version", out JsonElement version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out int number) || number is < Version or > NewestVersion)
        {
            throw new InputException($"version {(version.ValueKind == JsonValueKind.Undefined ? "is missing" : InputText.Show(version.GetRawText()))}; only versions {Version} to {NewestVersion} are known");
        }
        Vocabulary vocabulary = ParseContent(root, RequiredString(root, "kind"));
        bool isSpecial = root.TryGetProperty(SpecialTokensVocabulary.Member, out JsonElement special) && special.ValueKind == JsonValueKind.True;
        return isSpecial ? new SpecialTokensVocabulary(vocabulary) : vocabulary;
    }

    private static Vocabulary ParseContent(JsonElement root, string kind)
    {
        return kind switch
        {
            ByteVocabulary.KindName => new ByteVocabulary(),
            CharacterVocabulary.KindName => ParseCharacters(root),
            WordVocabulary.KindName => WordVocabularyJson.Parse(root),
            BytePairVocabulary.KindName => BytePairJson.Parse(root),
            WordPieceVocabulary.KindName => WordPieceJson.Parse(root),
            UnigramVocabulary.KindName => UnigramJson.Parse(root),
            _ => throw new InputException($"kind '{InputText.Show(kind)}' is unknown; known are {string.Join(", ", VocabularyKinds.Names.Select(name => $"'{name}'"))}"),
        };
    }

    private static CharacterVocabulary ParseCharacters(JsonElement root)
    {
        string unknown = RequiredString(root, "unknown");
        if (unknown != CharacterVocabulary.UnknownName)
        {
            throw new InputException($"'unknown' is '{InputText.Show(unknown)}', not '{CharacterVocabulary.UnknownName}'");
        }
        JsonElement symbols = RequiredArray(root, "symbols");
        int count = symbols.GetArrayLength();
        if (count >= CharacterVocabulary.MaxCount)
        {
            throw new InputException($"'symbols' has {count} entries; Unicode has {CharacterVocabulary.MaxCount - 1} characters");
        }
        var runes = new List<Rune>(count);
        foreach (JsonElement symbol in symbols.EnumerateArray())
        {
            string? text = symbol.ValueKind == JsonValueKind.String ? symbol.GetString() : null;
            if (text is null || Rune.DecodeFromUtf16(text, out Rune rune, out int consumed) != OperationStatus.Done || consumed != text.Length)
            {
                throw new InputException($"symbol {runes.Count} is not a string of one character");
            }
            runes.Add(rune);
        }
        return new CharacterVocabulary(runes);
    }

    internal static JsonElement RequiredArray(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value : throw new InputException($"the array '{name}' is missing");

    internal static string RequiredString(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.String)
        {
            throw new InputException($"the string '{name}' is missing");
        }
        string text = value.GetString()!;
        return text.Length <= 64 ? text : text[..64] + "...";
    }
}
