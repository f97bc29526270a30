using System.Text.Json;
using TransformerXL.Server.Http;

namespace TransformerXL.Server.Chat;

/// <summary>Reads a chat template.</summary>
internal static class ChatTemplateReader
{
    private const int MostRoles = 16, MostStops = 16, LargestFile = 1 << 20;

    /// <exception cref="InputException">The bytes are no template.</exception>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static ChatTemplate Read(ReadOnlySpan<byte> json)
    {
        Check(json.Length <= LargestFile, $"it has {json.Length} bytes, but may have at most {LargestFile}");
        try
        {
            JsonElement root = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }).RootElement;
            return Read(new JsonFields(root));
        }
        catch (ApiException exception)
        {
            throw new InputException(exception.Message);
        }
    }

    private static ChatTemplate Read(JsonFields fields)
    {
        JsonFields roles = fields.Part("roles") ?? throw fields.Missing("roles");
        Dictionary<string, string> turns = new(StringComparer.Ordinal);
        foreach ((string role, JsonElement value) in roles.Members())
        {
            string turn = JsonFields.TextOf(value, $"roles.{role}");
            int places = turn.Split(ChatTemplate.Content).Length - 1;
            Check(places == 1, $"roles.{role} has {ChatTemplate.Content} {places} times, but must have it once");
            turns[role] = turn;
        }

        Check(turns.Count <= MostRoles, $"there are {turns.Count} roles, but there may be at most {MostRoles}");
        Check(turns.ContainsKey("user"), "roles.user is missing");
        ChatTemplate template = new()
        {
            Begin = fields.Text("begin") ?? "",
            Roles = turns,
            Reply = fields.RequiredText("reply"),
            Stop = [.. (fields.Items("stop", MostStops) ?? []).Select(item => JsonFields.TextOf(item.Value, item.Path))],
        };
        Check(template.Stop.All(stop => stop.Length > 0), "stop holds an empty string");
        Check(!fields.Unread().Any(), $"the member {fields.Unread().FirstOrDefault()} is not known; there are begin, roles, reply, stop");
        return template;
    }

    private static void Check(bool valid, string message)
    {
        if (!valid)
        {
            throw new InputException(message);
        }
    }
}
