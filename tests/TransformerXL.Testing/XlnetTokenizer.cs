using System.Text.Json;
using System.Text.Json.Nodes;

namespace TransformerXL.Testing;

/// <summary>A <c>tokenizer.json</c> like that of XLNet: pieces of SentencePiece's unigram model, and <c>text &lt;sep&gt; &lt;cls&gt;</c>.</summary>
public static class XlnetTokenizer
{
    private static readonly string[] s_special = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"];

    /// <summary>The file.</summary>
    /// <param name="pieces">The pieces after the seven special tokens, the more probable first.</param>
    public static string Json(IReadOnlyList<string> pieces)
    {
        JsonArray Template(params (string Name, int Type)[] parts) => [.. parts.Select(part => (JsonNode)new JsonObject
        {
            [part.Name.Length == 1 ? "Sequence" : "SpecialToken"] = new JsonObject { ["id"] = part.Name, ["type_id"] = part.Type },
        })];
        JsonObject SpecialToken(string name) => new() { ["id"] = name, ["ids"] = new JsonArray(Array.IndexOf(s_special, name)), ["tokens"] = new JsonArray(name) };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. s_special.Select((name, id) => (JsonNode)new JsonObject
            {
                ["id"] = id, ["content"] = name, ["single_word"] = false, ["lstrip"] = name == "<mask>", ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
            })]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "``" }, ["content"] = "\"" },
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "''" }, ["content"] = "\"" },
                    new JsonObject { ["type"] = "NFKD" },
                    new JsonObject { ["type"] = "StripAccents" },
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = " {2,}" }, ["content"] = " " }),
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["add_prefix_space"] = true },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = Template(("A", 0), ("<sep>", 0), ("<cls>", 2)),
                ["pair"] = Template(("A", 0), ("<sep>", 0), ("B", 1), ("<sep>", 1), ("<cls>", 2)),
                ["special_tokens"] = new JsonObject { ["<cls>"] = SpecialToken("<cls>"), ["<sep>"] = SpecialToken("<sep>") },
            },
            ["decoder"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["add_prefix_space"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 0,
                ["vocab"] = new JsonArray([.. s_special.Select(name => (JsonNode)new JsonArray(name, 0.0)), .. pieces.Select((piece, i) => (JsonNode)new JsonArray(piece, -3 - (i / 100.0)))]),
            },
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
