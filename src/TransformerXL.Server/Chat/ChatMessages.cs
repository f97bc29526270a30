using System.Text;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Inference.Chat;
using TransformerXL.Server.Http;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Chat;

/// <summary>The messages of a chat request, and their tokens.</summary>
internal sealed class ChatMessages
{
    private const int MaxItems = 4096;

    private readonly IReadOnlyList<(string Role, string Content)> _messages;

    private ChatMessages(IReadOnlyList<(string, string)> messages) => _messages = messages;

    /// <summary>Reads the member <c>messages</c>.</summary>
    /// <exception cref="ApiException">It is missing, or a message has no known role or no text.</exception>
    public static ChatMessages Read(JsonFields fields, ChatTemplate template)
    {
        var items = fields.Items("messages", MaxItems) ?? throw fields.Missing("messages");
        if (items.Count == 0)
        {
            throw ApiException.Invalid("messages", "messages is empty, but must hold at least one message");
        }

        return new ChatMessages([.. items.Select(item => ReadOne(fields.Add(new JsonFields(item.Value, item.Path)), template))]);
    }

    /// <summary>The tokens of the prompt.</summary>
    public int[] Encode(ServedModel model, ChatTemplate template, bool continues) => template.Encode(model.Vocabulary, _messages, continues);

    private static (string, string) ReadOne(JsonFields message, ChatTemplate template)
    {
        string role = message.RequiredText("role");
        if (!template.Roles.ContainsKey(role))
        {
            throw ApiException.Invalid(message.PathOf("role"), $"{message.PathOf("role")} is '{InputText.Show(role)}', but must be one of {string.Join(", ", template.Roles.Keys)}");
        }

        if (message.Any("tool_calls") is not null)
        {
            throw ApiException.Unsupported(message.PathOf("tool_calls"), "tools are not supported");
        }

        if (message.Any("images") is { } images && JsonFields.ItemsOf(images, message.PathOf("images"), MaxItems).Count > 0)
        {
            throw ApiException.Unsupported(message.PathOf("images"), "images are not supported: the model reads text only");
        }

        _ = message.Any("name");
        JsonElement content = message.Any("content") ?? throw message.Missing("content");
        return (role, content.ValueKind == JsonValueKind.Array ? Parts(message) : JsonFields.TextOf(content, message.PathOf("content")));
    }

    /// <summary>Clients may send a text in parts.</summary>
    private static string Parts(JsonFields message)
    {
        StringBuilder text = new();
        foreach ((JsonElement value, string path) in message.Items("content", MaxItems)!)
        {
            JsonFields part = message.Add(new JsonFields(value, path));
            string type = part.RequiredText("type");
            if (type != "text")
            {
                throw ApiException.Unsupported(part.PathOf("type"), $"{part.PathOf("type")} is '{InputText.Show(type)}', but only text is supported");
            }

            text.Append(part.RequiredText("text"));
        }

        return text.ToString();
    }
}
