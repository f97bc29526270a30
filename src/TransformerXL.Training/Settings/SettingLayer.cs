using System.Text.Json.Nodes;

namespace TransformerXL.Training.Settings;

/// <summary>The values that one source sets: any part of the JSON of <c>config.json</c>.</summary>
/// <param name="Origin">The source.</param>
/// <param name="Values">The values.</param>
internal sealed record SettingLayer(SettingOrigin Origin, JsonObject Values)
{
    /// <summary>A layer of a single member.</summary>
    /// <param name="origin">The source.</param>
    /// <param name="member">Its path, such as <c>training.learningRate</c>.</param>
    /// <param name="value">Its value.</param>
    public static SettingLayer Of(SettingOrigin origin, string member, JsonNode? value)
    {
        foreach (string name in Enumerable.Reverse(member.Split('.')))
        {
            value = new JsonObject { [name] = value };
        }

        return new SettingLayer(origin, value!.AsObject());
    }

    /// <summary>The value of a member; null if the layer says nothing of it.</summary>
    public JsonNode? Find(string member)
    {
        JsonNode? value = Values;
        foreach (string name in member.Split('.'))
        {
            value = (value as JsonObject)?[name];
        }

        return value;
    }

    /// <summary>The same layer without a member.</summary>
    public SettingLayer Without(string member)
    {
        SettingLayer copy = this with { Values = Values.DeepClone().AsObject() };
        int last = member.LastIndexOf('.');
        JsonNode? part = last < 0 ? copy.Values : copy.Find(member[..last]);
        (part as JsonObject)?.Remove(member[(last + 1)..]);
        return copy;
    }
}
