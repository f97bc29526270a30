using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Files;

namespace TransformerXL.Inference.Chat;

/// <summary>Reads a chat template from the members of a JSON object.</summary>
internal static class ChatTemplateReader
{
    /// <summary>The maximum size of a file.</summary>
    public const int MaxBytes = 1 << 20;

    private const int MaxRoles = 16, MaxStops = 16;

    private static readonly string[] s_members = ["begin", "roles", "reply", "stop"];

    /// <exception cref="InputException">The object is no template; the message names the member.</exception>
    public static ChatTemplate Read(JsonObject content)
    {
        string? unknown = content.Select(member => member.Key).FirstOrDefault(name => !s_members.Contains(name));
        Require.That(unknown is null, $"the member {InputText.Show(unknown)} is not known; there are {string.Join(", ", s_members)}");
        JsonObject roles = Member(content, "roles") as JsonObject ?? throw new InputException($"roles is {JsonMemberType.Describe(content["roles"])}, but must be an object");
        Require.That(roles.Count <= MaxRoles, $"there are {roles.Count} roles, but there may be at most {MaxRoles}");
        Dictionary<string, string> turns = roles.ToDictionary(role => role.Key, role => TurnOf(role.Key, role.Value), StringComparer.Ordinal);
        Require.That(turns.ContainsKey("user"), "roles.user is missing");
        return new ChatTemplate
        {
            Begin = content["begin"] is { } begin ? Text(begin, "begin") : "",
            Roles = turns,
            Reply = Text(Member(content, "reply"), "reply"),
            Stop = content["stop"] is { } stop ? StopsOf(stop) : [],
        };
    }

    private static string TurnOf(string role, JsonNode? value)
    {
        string name = $"roles.{InputText.Show(role)}", turn = Text(value, name);
        int places = turn.Split(ChatTemplate.Content).Length - 1;
        Require.That(places == 1, $"{name} has {ChatTemplate.Content} {places} times, but must have it once");
        return turn;
    }

    private static string[] StopsOf(JsonNode value)
    {
        JsonArray items = value as JsonArray ?? throw new InputException($"stop is {JsonMemberType.Describe(value)}, but must be an array of strings");
        Require.That(items.Count <= MaxStops, $"stop has {items.Count} entries, but may have at most {MaxStops}");
        string[] stops = [.. items.Select((item, i) => Text(item, $"stop[{i}]"))];
        Require.That(stops.All(stop => stop.Length > 0), "stop holds an empty string");
        return stops;
    }

    private static JsonNode Member(JsonObject content, string name) => content[name] ?? throw new InputException($"{name} is missing");

    private static string Text(JsonNode? value, string name) => value?.GetValueKind() == JsonValueKind.String
        ? value.GetValue<string>()
        : throw new InputException($"{name} is {JsonMemberType.Describe(value)}, but must be a string");
}
