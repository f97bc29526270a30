using System.Text;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Inference.Chat;
using TransformerXL.Interchange;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Training;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Rescoring;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>JSON that cannot be read is described for people: line, column, and a reason that names no type of the framework.</summary>
public sealed class JsonFaultTests : IDisposable
{
    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions s_lenient = s_strict with { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, Func<string, object?>> Readers => new()
    {
        { "config.json", RunFiles.ReadConfiguration },
        { "state.json", RunFiles.ReadState },
        { "vocabulary.json", Vocabulary.Load },
        { "tokenizer.json", TokenizerJson.Load },
        { "vocab.json", path => VocabularyAndMerges.Load(path, path) },
        { "dataset.json", path => DatasetManifest.Read(Path.GetDirectoryName(path)!) },
        { "chat.json", path => ChatTemplate.Load(path) },
        { "model.safetensors.index.json", path => ModelImporter.Import(path, path + ".run") },
        { "texts.jsonl", path => ExampleFiles.OpenTexts(path, new ExampleOptions()).ToList() },
        { "questions.json", path => ExampleFiles.OpenQuestions(path, new ExampleOptions()).ToList() },
        { "lists.jsonl", path => HypothesisList.Read(path).ToList() },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "it is empty, but must hold JSON")]
    [InlineData(" \r\n\t", "it is empty, but must hold JSON")]
    [InlineData("{", "line 1, column 2: the text ends too early")]
    [InlineData("{\n \"a\": 1,\n", "line 3, column 1: the text ends too early")]
    [InlineData("{\"a\": \"b", "the text ends too early")]
    [InlineData("[1, 2", "line 1, column 6: the text ends too early")]
    [InlineData("{\n \"é漢\": }", "line 2, column 8: a value is missing before '}'")]
    [InlineData("{\"a\": 1,}", "line 1, column 9: a comma is followed by '}'; remove the comma")]
    [InlineData("[1,]", "line 1, column 4: a comma is followed by ']'; remove the comma")]
    [InlineData("[1, 2}", "line 1, column 6: '}' closes nothing that is open here")]
    [InlineData("{'a': 1}", "line 1, column 2: strings and names need double quotation marks")]
    [InlineData("{\"a\" 1}", "line 1, column 6: '1' follows a string; a colon, a comma or a closing bracket is expected")]
    [InlineData("{\"a\": \"b\" \"c\": 1}", "line 1, column 11: '\"' follows a value; a comma or a closing bracket is expected")]
    [InlineData("{\"a\": 1 \"b\": 2}", "line 1, column 9: '\"' follows a value; a comma or a closing bracket is expected")]
    [InlineData("{a: 1}", "line 1, column 2: 'a' is not the beginning of a value or of a name")]
    [InlineData("{\"a\": yes}", "line 1, column 7: 'y' is not the beginning of a value or of a name")]
    [InlineData("{\"a\": 01}", "a number is not written as JSON requires")]
    [InlineData("{\"a\": 1.}", "a number is not written as JSON requires")]
    [InlineData("{\"a\": .5}", "a number is not written as JSON requires")]
    [InlineData("{\"a\": \"b\nc\"}", "a string holds a line break or another control character")]
    [InlineData("{\"a\": \"\\x\"}", "a string holds an escape that JSON does not have")]
    [InlineData("{\"a\": \"\\ud800\"}", "line 1, column 7: a string is not valid UTF-8, or escapes half a character")]
    [InlineData("{\"a\": 1, \"b\": {\"c\": 1, \"c\": 2}}", "line 1, column 24: the member 'c' occurs twice in one object")]
    [InlineData("{} {}", "line 1, column 4: '{' follows the end of the JSON; one value is expected")]
    [InlineData("[[[[[1]]]]]", "line 1, column 5: objects and lists are nested more than 4 deep")]
    public void The_place_and_the_reason_are_named(string text, string expected)
    {
        byte[] json = Encoding.UTF8.GetBytes(text);
        Assert.ThrowsAny<Exception>(() => ReadAll(json));
        string described = JsonFault.Describe(json, s_strict);
        Assert.Contains(expected, described, StringComparison.Ordinal);
        if (expected.StartsWith("line", StringComparison.Ordinal))
        {
            Assert.StartsWith(expected, described, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Invalid_bytes_a_byte_order_mark_and_comments_are_taken_into_account()
    {
        Assert.Equal("line 1, column 7: a string is not valid UTF-8, or escapes half a character", JsonFault.Describe([.. "{\"a\": \""u8, 0xFF, .. "\"}"u8], s_strict));
        Assert.StartsWith("line 1, column 2: 'a' is not", JsonFault.Describe([0xEF, 0xBB, 0xBF, .. "{a}"u8], s_strict), StringComparison.Ordinal);
        Assert.StartsWith("line 3, column 4: byte 0xfe is not", JsonFault.Describe([.. "{ // x\n \"a\": 1,\n   "u8, 0xFE], s_lenient), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repeated_member_is_no_fault_where_the_reader_allows_it() =>
        Assert.Contains("ends too early", JsonFault.Describe("{\"a\": 1, \"a\": 2"u8), StringComparison.Ordinal);

    /// <summary>Every prefix and every change of one byte: a reason is always found, and never one of the framework's.</summary>
    [Fact]
    public void Every_damage_of_a_text_is_described()
    {
        byte[] whole = Encoding.UTF8.GetBytes("{\n  \"a\": [1, -2.5e3, \"x\\n\\u00e9\", true, null],\n  \"é\": { \"b\": {} }\n}\n");
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte value in (byte[])[0, (byte)'"', (byte)',', (byte)'}', (byte)'x', (byte)'\\', 0xFF])
            {
                byte[] damaged = [.. whole];
                damaged[i] = value;
                RequireDescribed(damaged);
            }

            RequireDescribed(whole[..i]);
        }
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void Every_reader_names_file_line_and_column(string name, Func<string, object?> read)
    {
        foreach (string text in (string[])["{\n \"a\" 1}", "{\n \"a\": }", "{\n 'a': 1}"])
        {
            string said = Assert.Throws<InputException>(() => read(_folder.Write(name, text))).Message;
            Assert.Contains(name, said, StringComparison.Ordinal);
            Assert.Matches("line [12], column ", said);
            Assert.DoesNotMatch("LineNumber|BytePosition|is an invalid|JSON token|Path: |System\\.", said);
        }
    }

    private static void RequireDescribed(byte[] json)
    {
        try
        {
            ReadAll(json);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            string said = JsonFault.Describe(json, s_strict);
            Assert.Matches("^(it is empty|line \\d+, column \\d+: )", said);
            Assert.DoesNotMatch("LineNumber|BytePosition|an invalid", said);
        }
    }

    /// <summary>As the readers do: the framework decodes strings when they are asked for.</summary>
    private static void ReadAll(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json, s_strict);
        Decode(document.RootElement);
    }

    private static void Decode(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    _ = member.Name;
                    Decode(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Decode(item);
                }

                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
        }
    }
}
